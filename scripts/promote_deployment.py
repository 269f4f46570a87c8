"""Make a judged candidate the default of its endpoint."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import evidence_option, problem_option, workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--deployment", required=True, help="Candidate to promote.")
@evidence_option
@click.option(
    "--force", is_flag=True, help="Promote whatever the evidence says; needs --reason, and both are recorded."
)
@click.option("--reason", help="Why the gate is passed over.")
@click.option("--dry-run", is_flag=True, help="Check all that a promotion checks, and change nothing.")
@workspace_options
def main(
    endpoint: str, deployment: str, evidence: Path, force: bool, reason: str | None, dry_run: bool, target: Target
) -> None:
    """Write the default, read it back, record the previous one; exit 6 when the evidence does not allow it.

    Example: python -m scripts.promote_deployment --deployment onehot-0123456789
    """
    from scripts.lib.line.promotion import promote
    from scripts.lib.line.promotion_summary import promotion_summary

    if force != bool(reason and reason.strip()):
        raise click.UsageError("--force and --reason TEXT go together.")
    connection = connect(target)
    promoted = promote(connection, endpoint, deployment, evidence, reason if force else None, dry_run)
    if promoted.dry_run:
        results.tell(f"Dry run: {deployment} would replace {promoted.previous or 'no default'}; nothing was changed.")
    else:
        results.tell(f"The default of {endpoint} is {promoted.default}; before it was {promoted.previous or 'none'}.")
    results.emit(vars(promoted), promotion_summary(connection.client, promoted, reason))


if __name__ == "__main__":
    main()
