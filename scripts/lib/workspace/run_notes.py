"""Note which jobs a workflow run has started, so that a later job of the run can cancel those that it left behind.

Invoked jobs cannot be tagged, so the notes lie in the workspace's default datastore: a folder a problem, a file a job.
"""

import os
from typing import TYPE_CHECKING

from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

RUN_VARIABLE, PROBLEM_VARIABLE = "GITHUB_RUN_ID", "PROBLEM"


def note_job(client: "MLClient", job: str) -> None:
    """Note that this workflow run started a job; do nothing outside a workflow.

    A note that cannot be written is no reason to give up the job: it is told, and the job runs on.
    """
    if run := os.environ.get(RUN_VARIABLE):
        try:
            _store(client, run).write(f"{os.environ.get(PROBLEM_VARIABLE) or '_'}/{job}", b"")
        except Exception as error:
            results.tell(f"    Run {run} could not note its job {job}: {error}")


def noted_jobs(client: "MLClient", run: str, problem: str | None = None) -> list[str]:
    """Return the jobs that a workflow run has started, for all problems or for one."""
    notes = [name.rpartition("/") for name in _store(client, run).names()]
    return sorted(job for of, _, job in notes if not problem or of == problem)


def _store(client: "MLClient", run: str) -> ReleaseStore:
    return ReleaseStore(Connection(client, client._credential, ""), f"runs/{run}")
