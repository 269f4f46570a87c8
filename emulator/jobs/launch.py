"""Have a job's runner started in a process of its own."""

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

from emulator.state.workspace import Workspace

_PACKAGE = Path(__file__).resolve().parents[1]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from emulator.runner.host import main; main(*sys.argv[2:])"
_SENDING_SECONDS = 30.0


def launch(workspace: Workspace, job: str, lock: int) -> None:
    """Have the runner of ``job`` started, detached, with the job's ``lock``: it outlives the process that asks.

    It is forked from a process that all of the workspace share, which is started when there is none; see
    ``emulator.runner.host``.
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
    return max(file.stat().st_mtime_ns for file in _PACKAGE.rglob("*.py"))


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
