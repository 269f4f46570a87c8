"""The host: a process that forks the runners of a workspace's jobs, so that many jobs need only one start of Python.

It listens on a socket of its user, holds no state, and ends after some seconds without a request.
Each request carries the lock of its job. If the host is killed, jobs that it has not forked yet lose their lock and
count as failed; forked jobs go on.

The host starts only as many jobs at once as there are cores, so that requests to the workspace stay fast.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections import deque
from contextlib import suppress
from itertools import chain

from emulator.runner.job import main as run_job
from emulator.state.plans import LaunchRequest
from emulator.wire.readiness import readable

_IDLE_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16
# A job that has run for longer than this no longer counts as starting: jobs may wait for each other.
_STARTING_SECONDS = 1.0
_NICENESS = 10
# Each pending request keeps two files open; this stays below the smallest usual limit of open files.
_PENDING = 64

# A request and the files that came with it: the lock and the log of the job.
Received = tuple[LaunchRequest, list[int]]


def main(listener: str, address: str) -> None:
    """Fork a runner for each request on the socket with the file number ``listener``; return when no more come.

    ``address`` is the path of the socket.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(fileno=int(listener)) as server:
        host = Host(server)
        host.serve(_IDLE_SECONDS)
        # From now on other processes start a new host; those that have connected before are still served.
        with suppress(FileNotFoundError):
            os.unlink(address)
        host.serve(0)


class Host:
    """Receives requests from the socket ``listener`` and forks runners, as many at once as there are cores."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._pending: deque[Received] = deque()
        # For each starting runner: a pipe that closes when the runner ends, and when it no longer counts as starting.
        self._starting: dict[int, float] = {}

    def serve(self, idle: float) -> None:
        """Serve until no request has come for ``idle`` seconds and none is pending."""
        quiet_at = time.monotonic() + idle
        while True:
            until = min(self._starting.values()) if self._pending else quiet_at
            ended = readable([self._listener.fileno(), *self._starting], max(0.0, until - time.monotonic()))
            if self._listener.fileno() in ended:
                self._receive()
                quiet_at = time.monotonic() + idle
            elif not ended and not self._pending:
                return
            self._remove_started(ended)
            while self._pending and (len(self._starting) < self._cores or len(self._pending) > _PENDING):
                self._fork(*self._pending.popleft())

    def _receive(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(_IDLE_SECONDS)
            try:
                self._pending.append(_receive(connection))
            except (OSError, ValueError):
                traceback.print_exc()

    def _remove_started(self, ended: list[int]) -> None:
        now = time.monotonic()
        for pipe in [pipe for pipe, until in self._starting.items() if pipe in ended or until <= now]:
            del self._starting[pipe]
            os.close(pipe)

    def _fork(self, request: LaunchRequest, files: list[int]) -> None:
        pipe, held_by_runner = os.pipe()
        if os.fork() == 0:
            for file in (
                self._listener.fileno(),
                pipe,
                *self._starting,
                *chain(*(pending_files for _, pending_files in self._pending)),
            ):
                os.close(file)
            _become_runner(request, files[1])
        self._starting[pipe] = time.monotonic() + _STARTING_SECONDS
        for file in (held_by_runner, *files):
            os.close(file)


def _receive(connection: socket.socket) -> Received:
    content, files, _, _ = socket.recv_fds(connection, _CHUNK_BYTES, 2)
    try:
        while more := connection.recv(_CHUNK_BYTES):
            content += more
        return json.loads(content), files
    except (OSError, ValueError):
        for file in files:
            os.close(file)
        raise


def _lower_priority() -> None:
    """Give clients of the workspace priority over its jobs, because on Azure the jobs run on other machines."""
    os.nice(_NICENESS)
    # Where Linux groups processes by session, the priority of the group counts.
    with suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
        group.write(str(_NICENESS))


def _become_runner(request: LaunchRequest, log: int) -> None:
    status = 1
    try:
        os.setsid()
        _lower_priority()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.environ.clear()
        os.environ.update(request["environment"])
        run_job(request["state"], request["job"], request["names"])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
