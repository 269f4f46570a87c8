"""Create or update what a release needs: environment, compute, data asset, endpoint."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import data_option, endpoint_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@data_option
@endpoint_option
@click.option(
    "--work",
    default=Path("out/data"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for converted data.",
)
@workspace_options
def main(data: Path | None, endpoint: str, work: Path, target: Target) -> None:
    """Create or update the workspace as the repository describes it; change nothing that is up to date.

    Example: python -m scripts.setup_workspace --data data/sample
    """
    from scripts.lib.data.source import resolve
    from scripts.lib.line.workspace_setup import prepare_workspace

    connection = connect(target)
    source = resolve(data, work)
    results.tell(f"Data: {source.description}")
    names = prepare_workspace(connection, endpoint, source)
    created = ", ".join(names["created"]) or "nothing, all was there"
    if names["updated"]:
        created += f". Updated: {', '.join(names['updated'])}"
    results.tell(f"Created: {created}.")
    results.emit(names, f"### Workspace\n\nCreated: {created}. Data: `{names['data_asset']}`.\n")


if __name__ == "__main__":
    main()
