"""Release variants from data to promoted default: every stage of the line, in order."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scripts.lib.command import command
from scripts.lib.data.address import DataAddress
from scripts.lib.options import data_option, output_option, problem_option, stream_option, workspace_options
from scripts.lib.parameter_types import VariantName
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect

if TYPE_CHECKING:
    from scripts.lib.report.document import Document


@command()
@problem_option
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=VariantName(),
    help="Variant to release; all but those on request unless given, the declared one last. Repeatable; in order.",
)
@click.option(
    "--as-planned",
    is_flag=True,
    help="Instead of --variant: do what a merge does, the declared variant first, then its challengers.",
)
@data_option
@output_option(help="Folder for validation results, downloads and evidence.")
@click.option(
    "--keep",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many of the newest other deployments stay.",
)
@click.option(
    "--delete-previous", is_flag=True, help="Delete the previous default too; rolling back to it is then impossible."
)
@stream_option
@workspace_options
def main(
    endpoint: str,
    variants: tuple[str, ...],
    as_planned: bool,
    data: Path | DataAddress | None,
    output: Path,
    keep: int,
    delete_previous: bool,
    stream: bool,
    target: Target,
) -> None:
    """Validate, test, deploy, judge and promote each variant, then delete old deployments; exit 4 at a gate's no.

    Example: python -m scripts.release_variants --variant ordinal --variant onehot
    """
    from scripts.lib.data.begun_validation import validation_begun
    from scripts.lib.repository.problem import find_problem

    if variants and as_planned:
        raise click.UsageError("Give --variant or --as-planned, not both.")
    if not isinstance(data, DataAddress):
        validating = validation_begun(data, output, find_problem(endpoint))
        validation = click.get_current_context().with_resource(validating)

    from scripts.lib.errors import DataRejected, GateSaidNo, ReleaseError
    from scripts.lib.line.merge_plan import planned_variants
    from scripts.lib.line.release import Release, every_variant, release
    from scripts.lib.line.release_report import publish
    from scripts.lib.line.validation_in_place import validate_in_place
    from scripts.lib.report.assembly import placed, release_report
    from scripts.lib.report.closing import closing_text, stage_text
    from scripts.lib.report.document import Stage
    from scripts.lib.report.judgement_document import Entry
    from scripts.lib.report.text import headline_markdown, report_markdown
    from scripts.lib.report.writing import write_report
    from scripts.lib.telling.story import Story
    from scripts.lib.workspace.endpoints import current_default

    story, width = Story(), results.terminal_width()
    connection = connect(target)
    if isinstance(data, DataAddress):
        validation = partial(validate_in_place, connection, endpoint, data, output / "validation", stream)
    before = current_default(connection.client, endpoint)
    chosen, challengers = (
        planned_variants(connection, endpoint) if as_planned else (list(variants) or every_variant(endpoint), [])
    )
    retrain = as_planned and not set(chosen) - set(challengers)
    done = Release(endpoint, default=before)

    def stages() -> list[Stage]:
        return [Stage(*stage) for stage in story.stages]

    def report(stopped: str | None = None, rejected: bool = False) -> "Document":
        return release_report(
            endpoint, before, done.default, done.previous, done.judgements, done.data, stages(),
            rehearsed=as_planned, retrained=done.retrained, stopped=stopped, rejected=rejected,
        )  # fmt: skip

    try:
        release(
            connection, done, chosen, validation, output, story, keep, delete_previous, stream, challengers, retrain
        )
    except ReleaseError as error:
        stopped = report(error.message, isinstance(error, DataRejected))
        page = write_report(stopped, output)
        results.tell(f"\n{closing_text(placed(stopped, [Entry('Report', str(page))]), width)}")
        raise
    except BaseException:
        results.tell(f"\n{stage_text(stages(), width)}")
        raise
    published = publish(connection, report(), output, done.evidence_files)
    results.tell(f"\n{closing_text(published, width)}")
    result = {"endpoint": endpoint, "default": done.default, "deleted": done.deleted, "variants": done.variants}
    result["headline"] = headline_markdown(published)
    results.emit(result, report_markdown(published), report_markdown(published, folded=False))
    if done.refused:
        raise GateSaidNo(f"The gate said no; the default is {done.default}. {' '.join(done.refused)}")


if __name__ == "__main__":
    main()
