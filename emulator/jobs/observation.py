"""The current status of jobs: a job whose runner no longer holds the job's lock has ended."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emulator.state import keys
from emulator.state.folder import has_no_space
from emulator.state.records import TERMINAL, Job, JobError
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, not_found

_DISK_FULL = ("No space left on device", "database or disk is full")
# The last line of a traceback.
_ERROR = re.compile(r"^[\w.]+(?:Error|Exception)\b.*$", re.MULTILINE)


def _lock_path(state: Path, job: str) -> Path:
    return state / "runs" / job / "lock"


@contextmanager
def job_lock(state: Path, job: str) -> Iterator[int]:
    """Hold the lock of ``job``; give its file number, which the runner inherits.

    While a process holds the lock, the job counts as running.

    Raises:
        ServiceError: another process holds the lock.
    """
    path = _lock_path(state, job)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceError(409, "Conflict", f"A job with name {job} is being created already.") from None
        yield file.fileno()


def runner_lives(state: Path, job: str) -> bool:
    """Say whether a process holds the lock of ``job``: its runner, or what guards the processes of the job."""
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


def with_current_status(workspace: Workspace, job: Job) -> Job:
    """Return ``job`` with its current status: a job whose runner was killed has failed, or is canceled."""
    if job["status"] in TERMINAL or runner_lives(workspace.state, job["root"]):
        return job
    stored = workspace.store.get(keys.job(job["name"])) or job
    if stored["status"] in TERMINAL:
        return stored
    if stored["status"] == "CancelRequested":
        return {**stored, "status": "Canceled"}
    error: JobError = {
        "code": "ServiceError",
        "message": f"The process that ran this job {_how_it_ended(workspace, job['root'])}; submit the job again.",
    }
    return {**stored, "status": "Failed", "error": error}


def _how_it_ended(workspace: Workspace, job: str) -> str:
    """Return why a runner ended without a result: a full disk, its error, or else a kill, which leaves no word."""
    log = ""
    with suppress(OSError):
        log = (workspace.state / "runs" / job / "runner.log").read_text(errors="replace")
    if has_no_space(workspace.state) or any(words in log for words in _DISK_FULL):
        return f"had no space left on the disk of {workspace.state}"
    errors = _ERROR.findall(log)
    return f"failed ({errors[-1]})" if errors else "was killed"


def stored_job(workspace: Workspace, name: str) -> Job:
    """Return a job as it is stored.

    Raises:
        ServiceError: it does not exist.
    """
    return workspace.store.find(keys.job(name), not_found(f"Run {name} was not found"))


def find_job(workspace: Workspace, name: str) -> Job:
    """Return a job with its current status.

    Raises:
        ServiceError: it does not exist.
    """
    return with_current_status(workspace, stored_job(workspace, name))
