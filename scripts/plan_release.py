"""Show what a release would do: compare the repository with the workspace."""

import click

from scripts.lib.command import command
from scripts.lib.options import VariantName, endpoint_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@endpoint_option
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=VariantName(),
    help="Variant to plan for; all unless given. Repeatable.",
)
@workspace_options
def main(endpoint: str, variants: tuple[str, ...], target: Target) -> None:
    """List what would be created, judged and kept; the output `variants` is what release_variants takes.

    Example: python -m scripts.plan_release
    """
    from scripts.lib.line.planning import plan_release, plan_result, plan_summary

    changes = plan_release(connect(target), endpoint, list(variants) or None)
    news = [change for change in changes if change.action != "keep"]
    for change in news:
        results.tell(f"{change.action:>8}  {change.kind} {change.name}: {change.reason}")
    if not news:
        results.tell("No changes.")
    results.emit(plan_result(changes), plan_summary(changes))


if __name__ == "__main__":
    main()
