"""Write synthetic rows that look like a problem's data."""

import tempfile
from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import data_here_option, problem_option
from scripts.lib.telling import results


@command()
@problem_option
@data_here_option
@click.option("--rows", default=300, show_default=True, type=click.IntRange(min=1), help="Rows to make.")
@click.option("--seed", default=4, show_default=True, help="Same data and seed, same file.")
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; its folders are made.",
)
def main(endpoint: str, data: Path | None, rows: int, seed: int, output: Path) -> None:
    """Write rows that look like the data column by column, and of which none is in it.

    Example: python -m scripts.generate_sample --rows 1000 --output out/synthetic.csv
    """
    from scripts.lib.data.files import write_lines
    from scripts.lib.data.sample import synthetic_rows
    from scripts.lib.data.source import resolve
    from scripts.lib.data.table import read_source
    from scripts.lib.repository.problem import find_problem

    problem = find_problem(endpoint)
    with tempfile.TemporaryDirectory() as work:
        source = resolve(data, Path(work), problem)
        table = read_source(source, problem)
    write_lines(output, synthetic_rows(table, problem, rows, seed))
    results.tell(f"{rows} synthetic rows (seed {seed}), none of them real: {output}")
    results.emit({"file": str(output), "rows": rows, "seed": seed})


if __name__ == "__main__":
    main()
