"""Wait until nothing writes into a workspace, so that its folder can be copied."""

import time

from emulator.jobs.observation import runner_lives
from emulator.state.workspace import Workspace

_POLL_SECONDS = 0.05


def wait_for_runners(workspace: Workspace, seconds: float) -> list[str]:
    """Wait at most ``seconds`` for the runners of all jobs to end; return the names of the jobs whose runner lives on.

    The runner of a job that was canceled lives for a while: it ends the processes of the job and removes their folders.
    """
    deadline = time.monotonic() + seconds
    living = sorted(place.parent.name for place in (workspace.state / "runs").glob("*/lock"))
    while living := [job for job in living if runner_lives(workspace.state, job)]:
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    workspace.store.close()
    return living
