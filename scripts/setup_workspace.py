"""Create or update what a release needs: environment, compute, data asset, endpoint."""

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
@data_option
@click.option(
    "--work",
    callback=lambda ctx, _, value: value or Path("out", ctx.params["endpoint"], "data"),
    show_default="out/PROBLEM/data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for converted data.",
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=VariantName(),
    help="Variant whose clusters are set up; all that are not on request unless given. Repeatable.",
)
@workspace_options
def main(data: Path | DataAddress | None, endpoint: str, work: Path, variants: tuple[str, ...], target: Target) -> None:
    """Create or update the workspace as the repository describes it; change nothing that is up to date.

    Example: python -m scripts.setup_workspace --data new.csv
    """
    from scripts.lib.data.source import resolve
    from scripts.lib.line.validation_in_place import validate_in_place
    from scripts.lib.line.workspace_setup import prepare_workspace
    from scripts.lib.repository.files import released_variants
    from scripts.lib.repository.problem import find_problem

    connection = connect(target)
    report = None
    if isinstance(data, DataAddress):
        report = validate_in_place(connection, endpoint, data, work.with_name("validation"))
        report.require_accepted()
        source = report.source
    else:
        source = resolve(data, work, find_problem(endpoint))
    results.tell(f"Data: {source.description}")
    names = prepare_workspace(connection, endpoint, source, variants or released_variants(endpoint), report)
    created = ", ".join(names["created"]) or "nothing, all was there"
    if names["updated"]:
        created += f". Updated: {', '.join(names['updated'])}"
    results.tell(f"Created: {created}.")
    results.emit(names, f"### Workspace\n\nCreated: {created}. Data: `{names['data_asset']}`.\n")


if __name__ == "__main__":
    main()
