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
    help="Folder for validation_result.json, the report, the Data Docs and converted data.",
)
def main(data: Path | None, output: Path) -> None:
    """Validate every file, and all files together; exit 3 when a rule is not met.

    Example: python -m scripts.validate_data --data data/sample --output out/validation
    """
    from scripts.lib.report.assembly import validation_report
    from scripts.lib.report.data_section import data_section
    from scripts.lib.report.document import Entry
    from scripts.lib.report.text import closing_text
    from scripts.lib.report.writing import REPORT, write_report

    source = resolve(data, output / "data")
    results.tell(f"Data: {source.description}")
    report = validate(source, output)
    places = [
        Entry("Report", str(output / REPORT)),
        Entry("Validation result", str(report.result_file)),
        Entry("Data Docs", str(report.data_docs)),
    ]
    document = validation_report("the data", data_section(report.as_document()), places)
    write_report(document, output)
    results.emit(report.as_result(), report.summary())
    results.tell(closing_text(document))
    report.annotate()
    report.require_accepted()


if __name__ == "__main__":
    main()
