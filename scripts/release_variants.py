"""Release variants from data to promoted default: every stage of the line, in order."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import (
    VariantName,
    data_option,
    output_option,
    problem_option,
    stream_option,
    workspace_options,
)
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=VariantName(),
    help="Variant to release; all unless given, the declared one last. Repeatable; in order.",
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
    data: Path | None,
    output: Path,
    keep: int,
    delete_previous: bool,
    stream: bool,
    target: Target,
) -> None:
    """Validate, test, deploy, judge and promote each variant, then delete old deployments; exit 4 at a gate's no.

    Example: python -m scripts.release_variants --variant ordinal --variant onehot
    """
    from scripts.lib.errors import GateSaidNo
    from scripts.lib.line.merge_plan import planned_variants
    from scripts.lib.line.release import every_variant, release
    from scripts.lib.telling.headlines import release_headline
    from scripts.lib.telling.story import Story
    from scripts.lib.workspace.endpoints import current_default

    if variants and as_planned:
        raise click.UsageError("Give --variant or --as-planned, not both.")
    story = Story()
    connection = connect(target)
    before = current_default(connection.client, endpoint)
    chosen, challengers = (
        planned_variants(connection, endpoint) if as_planned else (list(variants) or every_variant(endpoint), [])
    )
    retrain = as_planned and not set(chosen) - set(challengers)
    try:
        done = release(
            connection, endpoint, chosen, data, output, story, keep, delete_previous, stream, challengers, retrain
        )
    finally:
        results.tell(f"\n{story.table()}")
    results.tell(closing_words(done.variants, done.default))
    headline = release_headline(before, done.default, done.variants, as_planned, done.retrained)
    summary = "\n".join([f"## Release to `{endpoint}`", "", headline, "", story.markdown(), *done.summaries])
    result = {"endpoint": endpoint, "default": done.default, "deleted": done.deleted, "variants": done.variants}
    result["headline"] = headline
    results.emit(result, summary)
    if done.refused:
        raise GateSaidNo(f"The gate said no; the default is {done.default}. {' '.join(done.refused)}")


def closing_words(variants: list[dict[str, object]], default: str | None) -> str:
    """Return sentences that say which variants were promoted, and which deployment is the default now."""
    lines = [""]
    for variant in variants:
        outcome = "was promoted" if variant["promoted"] else "was NOT promoted"
        lines.append(f"{variant['deployment']} {outcome}. {variant['sentence']}")
    return "\n".join([*lines, f"The default deployment is now {default}."])


if __name__ == "__main__":
    main()
