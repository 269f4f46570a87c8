"""Processes of steps: each has a process group of its own, and none outlives the runner of its job."""

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
    """A process ran longer than its time limit."""


class Stopped(Exception):
    """A process was stopped because its job must stop."""


class Guard:
    """A child process that kills the given process groups when the runner ends, even if the runner was killed.

    It inherits the files that the runner has open, among them the job's lock: so the job counts as running until the
    last group is dead. Create it before the first thread.
    """

    def __init__(self) -> None:
        listen, self._messages = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._messages)
            _keep_watch(listen)
        os.close(listen)

    def add(self, group: int) -> None:
        """Kill ``group`` when the runner ends."""
        os.write(self._messages, b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """Do not kill ``group`` any more, because it has ended."""
        os.write(self._messages, b"-%d\n" % group)

    def dismiss(self) -> None:
        """End the guard and wait for its process."""
        os.close(self._messages)
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
    """Run ``command`` with bash in ``folder`` and append its output to ``log``; return its exit status.

    At its end, processes that it started are killed. ``timeout`` is in seconds.

    Raises:
        TimedOut: it ran longer than ``timeout``.
        Stopped: ``stopped`` returned true.
    """
    deadline = time.monotonic() + timeout if timeout else None
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*_without_override(folder), "/bin/bash", "-c", command],
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


def _without_override(folder: Path) -> list[str]:
    """Return the command that makes read-only files read-only for root too, if root runs and owns the workspace."""
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
                _terminate(process)
                raise Stopped from None
            if deadline and time.monotonic() > deadline:
                _terminate(process)
                raise TimedOut from None


def _terminate(process: "subprocess.Popen[bytes]") -> None:
    _kill(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_AFTER_SECONDS)


def _kill(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
