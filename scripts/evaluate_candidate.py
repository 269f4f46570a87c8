"""Invoke a candidate and the default side by side, and let the gate decide."""

from dataclasses import replace
from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import (
    data_asset_option,
    output_option,
    problem_option,
    stream_option,
    wait_option,
    workspace_options,
)
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--deployment", required=True, help="Candidate to judge, as deploy_candidate names it.")
@data_asset_option
@output_option("evidence", help="Folder for evidence.json, the report, and what the candidate says of itself.")
@click.option(
    "--validation",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Result of validate_data, for the report; out/PROBLEM/validation/validation_result.json unless given.",
)
@click.option(
    "--retrained", is_flag=True, help="Judge the default itself, on data it was retrained on: by floors alone."
)
@click.option(
    "--with-rows",
    is_flag=True,
    help="Write the judged rows too, to rows.csv: rows of the data leave the workspace by it.",
)
@click.option("--challenger", is_flag=True, help="It is not to be promoted: a no of the gate is told and no failure.")
@stream_option
@wait_option
@workspace_options
def main(
    endpoint: str,
    deployment: str,
    data_asset: tuple[str, str],
    output: Path,
    validation: Path | None,
    retrained: bool,
    with_rows: bool,
    challenger: bool,
    stream: bool,
    target: Target,
) -> None:
    """Judge by endpoints/PROBLEM/gate.yml; exit 4 when the gate says no. The default is not touched.

    Example: python -m scripts.evaluate_candidate --deployment onehot-0123456789
    --data-asset PROBLEM-train:0123456789ab
    """
    from scripts.lib.errors import GateSaidNo
    from scripts.lib.line.evaluation import evaluate_candidate, result_of
    from scripts.lib.line.reporting import keep_report, validated_data
    from scripts.lib.report.assembly import evaluation_report
    from scripts.lib.report.closing import closing_text
    from scripts.lib.report.judgement_document import Entry
    from scripts.lib.report.text import judgement_text, report_markdown
    from scripts.lib.report.writing import REPORT, write_report
    from scripts.lib.telling.story import Story
    from scripts.lib.workspace.data_places import pinned

    connection = connect(target)
    data_asset = pinned(connection.client, data_asset)
    file = validation or Path("out", endpoint, "validation", "validation_result.json")
    data = validated_data(connection, endpoint, file, data_asset)
    with Story().stage(f"Judge {deployment}") as outcome:
        columns = [column.column for column in data.distributions] if data else []
        evaluated = evaluate_candidate(
            connection, endpoint, deployment, data_asset, output, stream, columns, retrained, with_rows
        )
        outcome.append(f"gate: {evaluated.verdict.outcome}")
    section = replace(evaluated.section, challenger=challenger)
    evidence = str(evaluated.evidence_file)
    places = [Entry("Report", str(output / REPORT)), Entry("Evidence", evidence)]
    document = evaluation_report(endpoint, section, data, places, evidence, evaluated.verdict.promote)
    write_report(document, output)
    if not retrained:
        keep_report(connection, document, evaluated.evidence_digest)
    width = results.terminal_width()
    results.tell(f"{judgement_text(section, width)}\n\n{closing_text(document, width)}")
    results.emit(result_of(evaluated), report_markdown(document), report_markdown(document, folded=False))
    if not evaluated.verdict.promote and not challenger:
        raise GateSaidNo(f"The gate said no to {deployment}: {evaluated.verdict.sentence}")


if __name__ == "__main__":
    main()
