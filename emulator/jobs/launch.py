"""Start the runner of a job in a process of its own."""

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

from emulator.state.plans import LaunchRequest
from emulator.state.workspace import Workspace

_PACKAGE = Path(__file__).resolve().parents[1]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from emulator.runner.host import main; main(*sys.argv[2:])"
_SENDING_SECONDS = 30.0


def launch(workspace: Workspace, job: str, lock: int) -> None:
    """Start the runner of ``job``, a detached process that inherits ``lock``, the file number of the job's lock.

    The host of the workspace forks it (see ``emulator.runner.host``); a missing host is started first.
    """
    environment = {**os.environ, "AZUREML_RUNNER_PYTHON": sys.executable}
    names = json.dumps(asdict(workspace.names))
    request = LaunchRequest(state=str(workspace.state), job=job, names=names, environment=environment)
    content = json.dumps(request).encode()
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
    """Return the path of the host's socket, one for each state folder, interpreter and version of this source code.

    It lies in a folder of the user outside the state, so that the state holds plain files that can be copied, and so
    that the path is short enough for a socket.

    Raises:
        PermissionError: the folder belongs to another user.
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
    """Connect to the host of the workspace; start it if it does not run."""
    address = str(_address(state))
    with socket.socket(socket.AF_UNIX) as connection:
        if not _connects(connection, address):
            with (state / "runners.lock").open("ab") as lock, socket.socket(socket.AF_UNIX) as listener:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not _connects(connection, address):
                    with suppress(FileNotFoundError):
                        os.unlink(address)
                    listener.bind(address)
                    listener.listen(socket.SOMAXCONN)
                    connection.connect(address)
                    # Other processes can connect from here on, so they need not wait.
                    fcntl.flock(lock, fcntl.LOCK_UN)
                    _start_host(listener, address, state)
        yield connection


def _connects(connection: socket.socket, address: str) -> bool:
    try:
        connection.connect(address)
    except (FileNotFoundError, ConnectionRefusedError):
        return False
    return True


def _start_host(listener: socket.socket, address: str, state: Path) -> None:
    """Start the host, without site-packages, because it needs none and starts in half the time.

    It inherits the listening socket, so that a request can be sent before it is ready.
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
