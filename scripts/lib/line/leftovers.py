"""Cancel what a workflow run left running in the workspace."""

from typing import TYPE_CHECKING

from scripts.lib.workspace.interruption import cancel_and_see, ended
from scripts.lib.workspace.run_notes import noted_jobs
from scripts.lib.workspace.wait_limit import left_running

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def cancel_leftovers(client: "MLClient", run: str, problem: str | None = None) -> dict[str, str]:
    """Cancel each job that the run noted, for one problem or all, and that has not ended; return what became of it."""
    became, left = {}, left_running(client)
    for job in noted_jobs(client, run, problem):
        if job in left:
            became[job] = "left on purpose; the next run joins it"
            continue
        try:
            if status := ended(client, job):
                became[job] = f"had ended as {status}"
                continue
            cancel_and_see(client, job)
            became[job] = "canceled"
        except Exception as error:
            became[job] = f"not canceled: {error}"
    return became
