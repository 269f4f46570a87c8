"""Write the pages of all endpoints of the repository as a static site, with an index that leads to them."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@click.option(
    "--output",
    default=Path("out", "site"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the site; other files there stay.",
)
@workspace_options
def main(output: Path, target: Target) -> None:
    """Write OUTPUT/index.html, and OUTPUT/PROBLEM/index.html for each endpoint that the workspace has.

    Example: python -m scripts.write_site
    """
    from scripts.lib.line.site import write_site

    written = write_site(connect(target), output)
    results.tell(f"Site: {output / 'index.html'}")
    listed = "".join(f"- {entry.title}: {entry.state}\n" for entry in written)
    results.emit({"site": str(output), "endpoints": [entry.name for entry in written if entry.page]}, listed)


if __name__ == "__main__":
    main()
