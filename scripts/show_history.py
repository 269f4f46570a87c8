"""Show who was the default of an endpoint when, and on what evidence."""

import click

from scripts.lib import results
from scripts.lib.options import endpoint_option, workspace_options
from scripts.lib.workspace import Target, connect


@click.command()
@endpoint_option
@workspace_options
def main(endpoint: str, target: Target) -> None:
    """Print every change of the default, newest first.

    Example: python -m scripts.show_history
    """
    from scripts.lib.status import as_markdown, as_text, endpoint_history, history_table

    entries = endpoint_history(connect(target), endpoint)
    rows = history_table(entries)
    results.tell(as_text(rows))
    results.emit({"endpoint": endpoint, "history": entries}, as_markdown(f"Defaults of `{endpoint}`", rows))


if __name__ == "__main__":
    main()
