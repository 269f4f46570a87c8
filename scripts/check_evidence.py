"""Say whether a candidate may still be promoted on its evidence, after a wait."""

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
@workspace_options
def main(endpoint: str, deployment: str, evidence: Path, target: Target) -> None:
    """Check all that a promotion checks; the output `stale` says that it is to be judged again, exit 7 that it is late.

    Example: python -m scripts.check_evidence --deployment onehot-0123456789
    """
    from scripts.lib.errors import EvidenceRefused
    from scripts.lib.line.overtaking import refuse_if_overtaken
    from scripts.lib.line.promotion import promote
    from scripts.lib.telling.inert import inert

    connection = connect(target)
    refuse_if_overtaken(connection, endpoint)
    why = ""
    try:
        promote(connection, endpoint, deployment, evidence, dry_run=True)
    except EvidenceRefused as refusal:
        why = refusal.message
    told = f"The evidence does not hold any more: {why}" if why else "The evidence still holds."
    results.tell(told)
    results.emit({"stale": bool(why), "why": why}, f"### Evidence of `{inert(deployment)}`\n\n{inert(told, 1000)}\n")


if __name__ == "__main__":
    main()
