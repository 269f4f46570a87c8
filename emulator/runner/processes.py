"""Processes of steps: each has a process group of its own, and none outlives the runner of its job."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from emulator.wire.readiness import readable

Running = subprocess.Popen[bytes]

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


@dataclass(frozen=True)
class Process:
    """A command for bash, run in ``folder``; its output is appended to ``log``.

    ``prefix`` is the start of a command that runs the rest of it. A process that ``serves`` runs until the others have
    ended, and is stopped then.
    """

    command: str
    folder: Path
    environment: Mapping[str, str]
    log: Path
    prefix: tuple[str, ...] = ()
    serves: bool = False


def execute(
    processes: Sequence[Process], timeout: float | None, stopped: Callable[[], bool], guard: Guard
) -> tuple[Process, int]:
    """Run ``processes`` at the same time; return the first that fails, or else the first of all, and its exit status.

    The first that fails ends the others. At the end, processes that they started are killed. ``timeout`` is in seconds.

    Raises:
        TimedOut: they ran longer than ``timeout``.
        Stopped: ``stopped`` returned true.
    """
    deadline = time.monotonic() + timeout if timeout else None
    running: list[Running] = []
    try:
        for process in processes:
            running.append(_start(process))
            guard.add(running[-1].pid)
        return _wait(dict(zip(running, processes, strict=True)), deadline, stopped)
    finally:
        for each in running:
            _kill(each.pid, signal.SIGKILL)
            each.wait()
            guard.remove(each.pid)


def _start(process: Process) -> Running:
    with process.log.open("ab") as output:
        return subprocess.Popen(
            [*_without_override(process.folder), *process.prefix, "/bin/bash", "-c", process.command],
            cwd=process.folder,
            env=process.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _without_override(folder: Path) -> list[str]:
    """Return the command that makes read-only files read-only for root too, if root runs and owns the workspace."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or folder.stat().st_uid != 0 or setpriv is None:
        return []
    return [setpriv, "--inh-caps", "-dac_override", "--bounding-set", "-dac_override"]


def _wait(
    running: Mapping[Running, Process], deadline: float | None, stopped: Callable[[], bool]
) -> tuple[Process, int]:
    waiting = set(running)
    with ExitStack() as stack:
        ends = {each: _end_of(each, stack) for each in running} if hasattr(os, "pidfd_open") else {}
        while any(not running[each].serves for each in waiting):
            for each in _ended(waiting, ends):
                waiting.remove(each)
                if each.returncode != 0:
                    _terminate(waiting)
                    return running[each], each.returncode
            if stopped():
                _terminate(waiting)
                raise Stopped
            if deadline and time.monotonic() > deadline:
                _terminate(waiting)
                raise TimedOut
    _terminate(waiting)
    return next(iter(running.values())), 0


def _ended(processes: Collection[Running], ends: Mapping[Running, int]) -> list[Running]:
    """Wait until one of ``processes`` ends, or for a moment; return those that have ended. See ``_end_of``."""
    if ends:
        readable([ends[each] for each in processes], _POLL_SECONDS)
    else:
        time.sleep(_POLL_SECONDS)
    return [each for each in processes if each.poll() is not None]


def _end_of(process: Running, stack: ExitStack) -> int:
    """Return an open file that can be read once the process has ended; ``Popen.wait`` would sleep for moments."""
    file = os.pidfd_open(process.pid)
    stack.callback(os.close, file)
    return file


def _terminate(processes: Collection[Running]) -> None:
    """Ask all of ``processes`` to end, and wait until they have, or for some seconds."""
    until = time.monotonic() + _KILL_AFTER_SECONDS
    for each in processes:
        _kill(each.pid, signal.SIGTERM)
    for each in processes:
        with suppress(subprocess.TimeoutExpired):
            each.wait(max(0.0, until - time.monotonic()))


def _kill(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
