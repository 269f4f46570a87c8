"""Return to a deployment that was the default before."""

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--to", help="Deployment to return to; the recorded previous default unless given.")
@workspace_options
def main(endpoint: str, to: str | None, target: Target) -> None:
    """Invoke a former default once, make it the default again, read it back; repeating it changes nothing.

    Example: python -m scripts.rollback_default --to ordinal-0123456789
    """
    from scripts.lib.line.promotion_summary import promotion_summary
    from scripts.lib.line.rollback import roll_back

    connection = connect(target)
    promoted = roll_back(connection, endpoint, to)
    if promoted.changed:
        results.tell(f"The default of {endpoint} is {promoted.default} again; before it was {promoted.previous}.")
    else:
        results.tell(f"The default of {endpoint} is {promoted.default} already; nothing was changed.")
    results.emit(vars(promoted), promotion_summary(connection.client, promoted))


if __name__ == "__main__":
    main()
