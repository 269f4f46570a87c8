"""Cancel what a workflow run left running in the workspace."""

from typing import TYPE_CHECKING

from scripts.lib.workspace.job_status import TERMINAL, status_of
from scripts.lib.workspace.run_notes import noted_jobs

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def cancel_leftovers(client: "MLClient", run: str) -> dict[str, str]:
    """Cancel each job that the run noted and that has not ended; return by job what became of it."""
    became = {}
    for job in noted_jobs(client, run):
        try:
            status = status_of(client.jobs.get(job))
            if status in TERMINAL:
                became[job] = f"had ended as {status}"
                continue
            client.jobs.begin_cancel(job)
            became[job] = "canceled"
        except Exception as error:
            became[job] = f"not canceled: {error}"
    return became
