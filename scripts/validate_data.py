"""Validate data against the expectations that the repository holds."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.source import resolve
from scripts.lib.data.validation import validate
from scripts.lib.telling import results


@command()
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of CSV files, CSV file or UCI processed.*.data file; default: data/real, else data/sample.",
)
@click.option(
    "--output",
    default=Path("out/validation"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for validation_result.json, the Data Docs and converted data.",
)
def main(data: Path | None, output: Path) -> None:
    """Validate every file, and all files together; exit 3 when a rule is not met.

    Example: python -m scripts.validate_data --data data/sample --output out/validation
    """
    source = resolve(data, output / "data")
    results.tell(f"Data: {source.description}")
    report = validate(source, output)
    results.emit(report.as_result(), report.summary())
    results.tell(f"Validation result: {report.result_file}")
    results.tell(f"Data Docs: {report.data_docs}")
    report.annotate()
    report.require_accepted()


if __name__ == "__main__":
    main()
