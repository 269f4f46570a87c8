"""Show an endpoint's deployments: which is default, how old, how good, what ran last; also as a page."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page too: who serves and why, the history, what would be deleted.",
)
@workspace_options
def main(endpoint: str, html: Path | None, target: Target) -> None:
    """Print a table on stderr and the same as JSON on stdout.

    Example: python -m scripts.show_status
    """
    from scripts.lib.line.status import endpoint_status, status_table
    from scripts.lib.telling.tables import as_markdown, as_text
    from scripts.lib.workspace.endpoint_names import endpoint_name
    from scripts.lib.workspace.links import endpoint_page

    connection = connect(target)
    status = endpoint_status(connection, endpoint)
    rows = status_table(status)
    results.tell(as_text(rows))
    link = endpoint_page(endpoint_name(connection.client, endpoint))
    if html:
        from scripts.lib.line.endpoint_overview import endpoint_overview
        from scripts.lib.report.endpoint_page import endpoint_html

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(endpoint_html(endpoint_overview(connection, endpoint, link)), encoding="utf-8")
        results.tell(f"Page: {html}")
    results.emit({**status, "url": link}, as_markdown(f"Endpoint `{endpoint}`", rows))


if __name__ == "__main__":
    main()
