"""A job as an observer must see it: the lock that its runner holds tells whether somebody still answers for it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.state import keys
from emulator.state.records import TERMINAL, Job, JobError
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, not_found


def _lock_path(state: Path, job: str) -> Path:
    return state / "runs" / job / "lock"


@contextmanager
def answering_for(state: Path, job: str) -> Iterator[int]:
    """Hold the lock that says that someone answers for ``job``; the runner inherits it, so there is no gap.

    Raises:
        ServiceError: someone does already.
    """
    path = _lock_path(state, job)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceError(409, "Conflict", f"A job with name {job} is being created already.") from None
        yield file.fileno()


def _runner_lives(state: Path, job: str) -> bool:
    try:
        file = os.open(_lock_path(state, job), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def observed(workspace: Workspace, job: Job) -> Job:
    """Return ``job`` as an observer must see it: one whose runner died without a word has failed."""
    if job["status"] in TERMINAL or _runner_lives(workspace.state, job["root"]):
        return job
    fresh = workspace.store.get(keys.job(job["name"])) or job
    if fresh["status"] in TERMINAL:
        return fresh
    if fresh["status"] == "CancelRequested":
        return {**fresh, "status": "Canceled"}
    error: JobError = {
        "code": "ServiceError",
        "message": "The process that ran this job was killed; submit the job again.",
    }
    return {**fresh, "status": "Failed", "error": error}


def stored_job(workspace: Workspace, name: str) -> Job:
    """Return a job as it is stored.

    Raises:
        ServiceError: there is none.
    """
    return workspace.store.find(keys.job(name), not_found(f"Run {name} was not found"))


def find_job(workspace: Workspace, name: str) -> Job:
    """Return a job as it is now.

    Raises:
        ServiceError: there is none.
    """
    return observed(workspace, stored_job(workspace, name))
