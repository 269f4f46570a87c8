"""Processes of steps: each in a group of its own, and none that outlives its job's runner."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

_POLL_SECONDS = 0.02
_KILL_AFTER_SECONDS = 10.0


class TimedOut(Exception):
    """A process ran longer than it may."""


class Stopped(Exception):
    """A process was stopped because its job is to stop."""


class Guard:
    """A process that kills the groups it was told of once the runner is gone, however it went.

    It holds whatever files the runner had open when it was made, the job's lock among them: until the last group is
    dead, nobody takes the job for dead. Make it before any thread is started.
    """

    def __init__(self) -> None:
        listen, self._tell = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._tell)
            _keep_watch(listen)
        os.close(listen)

    def add(self, group: int) -> None:
        """Kill ``group`` when the runner ends."""
        os.write(self._tell, b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """Forget ``group``: it is over."""
        os.write(self._tell, b"-%d\n" % group)

    def dismiss(self) -> None:
        """End the guard; there is nothing left to watch."""
        os.close(self._tell)
        os.waitpid(self._pid, 0)


def _keep_watch(listen: int) -> None:
    os.setsid()
    groups: set[int] = set()
    with os.fdopen(listen, encoding="ascii") as messages:
        for message in messages:
            (groups.add if message[0] == "+" else groups.discard)(int(message[1:]))
    for group in groups:
        _kill(group, signal.SIGKILL)
    os._exit(0)


def execute(
    command: str,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    timeout: float | None,
    stopped: Callable[[], bool],
    guard: Guard,
) -> int:
    """Run ``command`` in ``folder`` by bash, its output appended to ``log``; return its exit status.

    What it leaves running is killed. ``timeout`` is in seconds.

    Raises:
        TimedOut: it ran longer than ``timeout``.
        Stopped: ``stopped`` said so.
    """
    deadline = time.monotonic() + timeout if timeout else None
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*_as_any_user(folder), "/bin/bash", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    guard.add(process.pid)
    try:
        return _wait(process, deadline, stopped)
    finally:
        _kill(process.pid, signal.SIGKILL)
        process.wait()
        guard.remove(process.pid)


def _as_any_user(folder: Path) -> list[str]:
    """Return what makes files that are to read only so for root too, in a workspace that is root's own."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or folder.stat().st_uid != 0 or setpriv is None:
        return []
    return [setpriv, "--inh-caps", "-dac_override", "--bounding-set", "-dac_override"]


def _wait(process: "subprocess.Popen[bytes]", deadline: float | None, stopped: Callable[[], bool]) -> int:
    while True:
        try:
            return process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if stopped():
                _ask_to_end(process)
                raise Stopped from None
            if deadline and time.monotonic() > deadline:
                _ask_to_end(process)
                raise TimedOut from None


def _ask_to_end(process: "subprocess.Popen[bytes]") -> None:
    _kill(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_AFTER_SECONDS)


def _kill(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
