"""Show what a release would do: compare the repository with the workspace."""

import tempfile
from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.address import DataAddress
from scripts.lib.options import data_option, problem_option, workspace_options
from scripts.lib.parameter_types import VariantName
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=VariantName(),
    help="Variant to plan for; all unless given. Repeatable.",
)
@data_option
@workspace_options
def main(endpoint: str, variants: tuple[str, ...], data: Path | DataAddress | None, target: Target) -> None:
    """List what would be created, judged and kept; the output `variants` is what release_variants takes.

    Without --variant it says what a merge does: `serving` is the declared variant where it is to be brought to
    default, `challengers` are judged beside it, and with `retrain` the default meets new data.

    Example: python -m scripts.plan_release --data new.csv
    """
    from scripts.lib.data.source import resolve
    from scripts.lib.line.cost import most_of_release
    from scripts.lib.line.merge_plan import plan_merge
    from scripts.lib.line.planning import plan_release, plan_result, plan_summary, plan_text
    from scripts.lib.line.validation_in_place import known_source
    from scripts.lib.repository.problem import find_problem
    from scripts.lib.workspace.endpoints import current_default

    connection = connect(target)
    if variants:
        changes = plan_release(connection, endpoint, list(variants))
        result, headline = plan_result(changes), ""
    else:
        with tempfile.TemporaryDirectory() as work:
            if isinstance(data, DataAddress):
                merge = plan_merge(connection, endpoint, known_source(connection, endpoint, data), data)
            else:
                source = resolve(data, Path(work), find_problem(endpoint)) if data else None
                merge = plan_merge(connection, endpoint, source)
        changes, headline = list(merge.changes), merge.headline
        result = merge.result()
    if result["variants"]:
        cost = most_of_release(endpoint, result["variants"], current_default(connection.client, endpoint))
        results.tell(str(cost))
        result["cost"] = str(cost)
    results.tell(plan_text(changes, headline))
    results.emit(result, plan_summary(changes, headline))


if __name__ == "__main__":
    main()
