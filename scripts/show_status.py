"""Show an endpoint's deployments: which is default, how old, how good, what ran last."""

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@workspace_options
def main(endpoint: str, target: Target) -> None:
    """Print a table on stderr and the same as JSON on stdout.

    Example: python -m scripts.show_status
    """
    from scripts.lib.line.status import endpoint_status, status_table
    from scripts.lib.telling.tables import as_markdown, as_text
    from scripts.lib.workspace.links import endpoint_page

    status = endpoint_status(connect(target), endpoint)
    rows = status_table(status)
    results.tell(as_text(rows))
    results.emit({**status, "url": endpoint_page(target, endpoint)}, as_markdown(f"Endpoint `{endpoint}`", rows))


if __name__ == "__main__":
    main()
