"""Write the synthetic sample that the repository ships."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.files import write_lines
from scripts.lib.data.sample import SAMPLE_ROWS, SAMPLE_SEED, synthetic_csv
from scripts.lib.data.source import SAMPLE_FOLDER
from scripts.lib.telling import results


@command()
@click.option("--rows", default=SAMPLE_ROWS, show_default=True, type=click.IntRange(min=1), help="Patients to make.")
@click.option("--seed", default=SAMPLE_SEED, show_default=True, help="Same seed, same file.")
@click.option(
    "--output",
    default=SAMPLE_FOLDER / "heart_synthetic.csv",
    show_default="data/sample/heart_synthetic.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; its folders are made.",
)
def main(rows: int, seed: int, output: Path) -> None:
    """Write synthetic heart-disease data.

    Example: python -m scripts.generate_sample --rows 1000 --output out/synthetic.csv
    """
    write_lines(output, synthetic_csv(rows, seed))
    results.tell(f"{rows} synthetic rows (seed {seed}), no real patients: {output}")
    results.emit({"file": str(output), "rows": rows, "seed": seed})


if __name__ == "__main__":
    main()
