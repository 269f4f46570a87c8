"""Show the history of an endpoint's default, with the evidence for each change."""

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@workspace_options
def main(endpoint: str, target: Target) -> None:
    """Print every change of the default, newest first.

    Example: python -m scripts.show_history
    """
    from scripts.lib.line.status import endpoint_history, history_table
    from scripts.lib.telling.tables import as_markdown, as_text

    entries = endpoint_history(connect(target), endpoint)
    rows = history_table(entries)
    results.tell(as_text(rows))
    results.emit({"endpoint": endpoint, "history": entries}, as_markdown(f"Defaults of `{endpoint}`", rows))


if __name__ == "__main__":
    main()
