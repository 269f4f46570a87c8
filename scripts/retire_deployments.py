"""Delete deployments that nobody needs any more."""

import click

from scripts.lib import results
from scripts.lib.options import endpoint_option, workspace_options
from scripts.lib.workspace import Target, connect


@click.command()
@endpoint_option
@click.option(
    "--keep", default=2, show_default=True, type=click.IntRange(min=0), help="How many of the newest others stay."
)
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would be deleted.")
@workspace_options
def main(endpoint: str, keep: int, yes: bool, target: Target) -> None:
    """Keep the default, the previous default, the newest others and all with a running job; delete the rest.

    Example: python -m scripts.retire_deployments --keep 1
    """
    from scripts.lib.retirement import plan_retirement, retire, retirement_summary

    connection = connect(target)
    fates = plan_retirement(connection.client, endpoint, keep)
    for fate in fates:
        results.tell(f"{fate.decision:>6}  {fate.deployment}: {fate.reason}")
    deleted = retire(connection, endpoint, fates) if yes else None
    doomed = [fate.deployment for fate in fates if fate.decision == "delete"]
    result = {
        "deleted": deleted or [],
        "would_delete": [] if yes else doomed,
        "kept": [f.deployment for f in fates if f.decision == "keep"],
    }
    if doomed and not yes:
        results.tell("Dry run: nothing was deleted; --yes deletes.")
    results.emit(result, retirement_summary(fates, deleted))


if __name__ == "__main__":
    main()
