"""Cancel the jobs that a workflow run started and left running."""

import click

from scripts.lib.command import command
from scripts.lib.options import workspace_options
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@click.option("--run-id", required=True, help="Id of the workflow run, the number in its address.")
@click.option("--problem", default="", help="Only jobs that the run started for this problem; for all unless given.")
@workspace_options
def main(run_id: str, problem: str, target: Target) -> None:
    """Cancel each job of the run that has not ended; exit 5 when one could not be canceled.

    Example: python -m scripts.cancel_jobs --run-id 16263576215
    """
    from scripts.lib.errors import JobFailed
    from scripts.lib.line.leftovers import cancel_leftovers

    found = cancel_leftovers(connect(target).client, run_id, problem)
    for job, became in found.items():
        results.tell(f"{job}: {became}")
    running = [job for job, became in found.items() if became.startswith("not canceled")]
    canceled = [job for job, became in found.items() if became == "canceled"]
    lines = [f"- `{job}`: {became}" for job, became in found.items()] or ["The run started no job."]
    results.emit({"run": run_id, "jobs": found, "canceled": canceled}, "\n".join(["### Jobs of this run", "", *lines]))
    if running:
        raise JobFailed(f"Cancel these by hand, they cost money while they run: {', '.join(running)}.")


if __name__ == "__main__":
    main()
