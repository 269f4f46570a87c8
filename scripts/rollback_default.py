"""Roll back to the previous default of an endpoint."""

from scripts.lib.command import command
from scripts.lib.options import endpoint_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@endpoint_option
@workspace_options
def main(endpoint: str, target: Target) -> None:
    """Invoke the previous default once, make it the default again, read it back.

    Example: python -m scripts.rollback_default
    """
    from scripts.lib.line.promotion import promotion_summary, roll_back

    promoted = roll_back(connect(target), endpoint)
    results.tell(f"The default of {endpoint} is {promoted.default} again; before it was {promoted.previous}.")
    results.emit(vars(promoted), promotion_summary(promoted))


if __name__ == "__main__":
    main()
