"""Have a job's runner started in a process of its own, and tell whether it still lives."""

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.errors import ServiceError
from emulator.job_bodies import TERMINAL

if TYPE_CHECKING:
    from emulator.service import Workspace

_PACKAGE = Path(__file__).resolve().parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from emulator.runner_host import main; main(*sys.argv[2:])"
_SENDING_SECONDS = 30.0


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
    """Have the runner of ``job`` started, detached, with the job's ``lock``: it outlives the process that asks.

    It is forked from a process that all of the workspace share, which is started when there is none; see
    ``emulator.runner_host``.
    """
    environment = {**os.environ, "AZUREML_RUNNER_PYTHON": sys.executable}
    names = json.dumps(asdict(workspace.names))
    order = {"state": str(workspace.state), "job": job, "names": names, "environment": environment}
    content = json.dumps(order).encode()
    with (
        (workspace.state / "runs" / job / "runner.log").open("ab") as log,
        _connected(workspace.state) as connection,
    ):
        connection.settimeout(_SENDING_SECONDS)
        sent = socket.send_fds(connection, [content], [lock, log.fileno()])
        if sent < len(content):
            connection.sendall(content[sent:])
        connection.shutdown(socket.SHUT_WR)


def _address(state: Path) -> Path:
    """Name the socket of those who use ``state`` with the same interpreter and source as this process, and no others.

    It lies in a folder of this user's outside the state, so that the state is plain files which can be copied, and its
    path is short enough for a socket.

    Raises:
        PermissionError: the folder belongs to somebody else.
    """
    folder = Path(tempfile.gettempdir()) / f"azureml-local-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user; set TMPDIR to a folder of your own.")
    digest = hashlib.sha256(f"{sys.executable} {_PACKAGE} {_newest_source()} {state}".encode()).hexdigest()
    return folder / f"runners-{digest[:16]}"


@cache
def _newest_source() -> int:
    return max(file.stat().st_mtime_ns for file in _PACKAGE.glob("*.py"))


@contextmanager
def _connected(state: Path) -> Iterator[socket.socket]:
    """Connect with the process that forks the workspace's runners, started now unless it is there."""
    address = str(_address(state))
    with socket.socket(socket.AF_UNIX) as connection:
        if not _connects(connection, address):
            with (state / "runners.lock").open("ab") as turn, socket.socket(socket.AF_UNIX) as listener:
                fcntl.flock(turn, fcntl.LOCK_EX)
                if not _connects(connection, address):
                    with suppress(FileNotFoundError):
                        os.unlink(address)
                    listener.bind(address)
                    listener.listen(socket.SOMAXCONN)
                    connection.connect(address)
                    # Others can connect from here on, and need not wait.
                    fcntl.flock(turn, fcntl.LOCK_UN)
                    _start_host(listener, address, state)
        yield connection


def _connects(connection: socket.socket, address: str) -> bool:
    try:
        connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True


def _start_host(listener: socket.socket, address: str, state: Path) -> None:
    """Start the process that forks runners; without site-packages, because it needs none and starts in half the time.

    It gets the socket from here, so that an order can be sent before it runs.
    """
    with (state / "runners.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-S", "-c", _START, str(_PACKAGE.parent), str(listener.fileno()), address],
            cwd=state,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(listener.fileno(),),
        )


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
