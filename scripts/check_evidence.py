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
    """Check all that a promotion checks; exit 7 where a later release overtook this one.

    The output `stale` says that the candidate is to be judged again, `elsewhere` that it is to be brought into this
    workspace before.

    Example: python -m scripts.check_evidence --deployment onehot-0123456789
    """
    from scripts.lib.line.overtaking import refuse_if_overtaken
    from scripts.lib.line.standing import standing
    from scripts.lib.telling.inert import inert

    connection = connect(target)
    refuse_if_overtaken(connection, endpoint)
    found = standing(connection, endpoint, deployment, evidence)
    told = f"The evidence does not hold here and now: {found.why}" if found.why else "The evidence still holds."
    results.tell(told)
    result = {"stale": bool(found.why), "elsewhere": found.elsewhere, "why": found.why}
    results.emit(result, f"### Evidence of `{inert(deployment)}`\n\n{inert(told, 1000)}\n")


if __name__ == "__main__":
    main()
