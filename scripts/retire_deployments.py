"""Delete the deployments that are needed no longer."""

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option(
    "--keep", default=2, show_default=True, type=click.IntRange(min=0), help="How many of the newest others stay."
)
@click.option("--yes", is_flag=True, help="Delete; without it, only say what would be deleted.")
@click.option("--if-there", is_flag=True, help="Do nothing where the problem was not released yet.")
@workspace_options
def main(endpoint: str, keep: int, yes: bool, if_there: bool, target: Target) -> None:
    """Keep the default, the previous default, the newest others and all with a running job; delete the rest.

    Example: python -m scripts.retire_deployments --keep 1
    """
    from scripts.lib.line.retirement import plan_retirement, retire, retirement_summary
    from scripts.lib.workspace.endpoints import endpoint_exists

    connection = connect(target)
    if if_there and not endpoint_exists(connection.client, endpoint):
        results.tell(f"{endpoint} was not released to this workspace.")
        return
    plan = plan_retirement(connection.client, endpoint, keep)
    for planned in plan:
        results.tell(f"{planned.decision:>6}  {planned.deployment}: {planned.reason}")
    deleted = retire(connection, endpoint, plan) if yes else None
    to_delete = [planned.deployment for planned in plan if planned.decision == "delete"]
    result = {
        "deleted": deleted or [],
        "would_delete": [] if yes else to_delete,
        "kept": [planned.deployment for planned in plan if planned.decision == "keep"],
    }
    if to_delete and not yes:
        results.tell("Dry run: nothing was deleted; --yes deletes.")
    results.emit(result, retirement_summary(plan, deleted))


if __name__ == "__main__":
    main()
