"""Validate data against the expectations that the repository holds."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.address import DataAddress
from scripts.lib.options import data_option, output_option, problem_option, stream_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@data_option
@output_option("validation", help="Folder for validation_result.json, the report, the Data Docs and converted data.")
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    help="Earlier data, a file or a folder, that the data must not differ from by more than chance and limits allow.",
)
@stream_option
@workspace_options
def main(
    endpoint: str, data: Path | DataAddress | None, output: Path, against: Path | None, stream: bool, target: Target
) -> None:
    """Validate every file, and all files together; exit 3 when a rule is not met.

    Data of the workspace is validated there, by a step; for files no workspace is needed.

    Example: python -m scripts.validate_data --data new.csv
    """
    from scripts.lib.data.source import resolve
    from scripts.lib.data.validation import validate
    from scripts.lib.line.validation_in_place import validate_in_place
    from scripts.lib.report.assembly import validation_report
    from scripts.lib.report.closing import closing_text
    from scripts.lib.report.data_section import data_section
    from scripts.lib.report.judgement_document import Entry
    from scripts.lib.report.writing import REPORT, write_report
    from scripts.lib.repository.problem import find_problem

    problem = find_problem(endpoint)
    if isinstance(data, DataAddress):
        if against:
            raise click.UsageError(
                f"--against compares files, and {data} lies in the workspace. setup_workspace compares it with the "
                "data of the default."
            )
        report = validate_in_place(connect(target), endpoint, data, output, stream)
        source = report.source
        results.tell(f"Data: {source.description}")
    else:
        source = resolve(data, output / "data", problem)
        results.tell(f"Data: {source.description}")
        report = validate(source, output, problem)
    places = [
        Entry("Report", str(output / REPORT)),
        Entry("Validation result", str(report.result_file)),
        Entry("Data Docs", str(report.data_docs)),
    ]
    document = validation_report(endpoint, data_section(report.as_document()), places)
    write_report(document, output)
    results.emit(report.as_result(), report.summary())
    results.tell(closing_text(document, results.terminal_width()))
    report.annotate()
    report.require_accepted()
    if against:
        from scripts.lib.line.data_comparison import compare_with_files, require_alike

        require_alike(compare_with_files(source, against, output / "against", problem), source, problem)
        results.tell(f"It does not differ from {against} beyond chance and the limits.")


if __name__ == "__main__":
    main()
