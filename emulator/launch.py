"""Start a job's runner in a process of its own, and tell whether it still lives."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.errors import ServiceError
from emulator.job_bodies import TERMINAL

if TYPE_CHECKING:
    from emulator.service import Workspace

_PACKAGE_PARENT = str(Path(__file__).resolve().parent.parent)
_START = "import sys; sys.path.insert(0, sys.argv[1]); from emulator.runner import main; main(*sys.argv[2:])"


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


def launch(workspace: "Workspace", job: str, lock: int) -> None:
    """Start the runner of ``job``, detached, with the job's ``lock``: it outlives the process that asks.

    It runs without site-packages, because it needs none and starts in half the time.
    """
    names = json.dumps(asdict(workspace.names))
    with (workspace.state / "runs" / job / "runner.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-S", "-c", _START, _PACKAGE_PARENT, str(workspace.state), job, names],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
            env={**os.environ, "AZUREML_RUNNER_PYTHON": sys.executable},
        )


def _runner_lives(state: Path, job: str) -> bool:
    try:
        with _lock_path(state, job).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def observed(workspace: "Workspace", job: dict[str, Any]) -> dict[str, Any]:
    """Return ``job`` as an observer must see it: one whose runner died without a word has failed."""
    if job["status"] in TERMINAL or _runner_lives(workspace.state, job["root"]):
        return job
    fresh: dict[str, Any] = workspace.store.get(f"jobs/{job['name']}") or job
    if fresh["status"] in TERMINAL:
        return fresh
    if fresh["status"] == "CancelRequested":
        return {**fresh, "status": "Canceled"}
    error = {"code": "ServiceError", "message": "The process that ran this job was killed; submit the job again."}
    return {**fresh, "status": "Failed", "error": error}
