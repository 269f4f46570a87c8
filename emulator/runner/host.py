"""The process from which the runners of a workspace's jobs are forked: a burst of jobs costs one start of Python.

It listens on a socket of its user, holds no state, and ends when nothing was asked of it for some seconds.
Every order brings the job's lock, so that no job is lost unseen: if this process is killed, the jobs that it has not
forked yet are seen as failed, and those that it has go on.

A burst of jobs is started as the cores take it: who asks for a job is not kept waiting by all jobs at once.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from contextlib import suppress
from itertools import chain
from typing import Any

from emulator.runner.job import main as run_job

_IDLE_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16
# A job that takes longer than this makes room for the next: jobs may wait for each other.
_FRESH_SECONDS = 1.0
_NICENESS = 10
# As many as files can be kept open for, by the smallest limit that is usual.
_PENDING = 64

Order = tuple[dict[str, Any], list[int]]


def main(listener: str, address: str) -> None:
    """Fork a runner for each order that comes in on the socket of number ``listener``, until none comes any more.

    ``address`` is the socket's file.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(fileno=int(listener)) as waiting:
        host = Host(waiting)
        host.serve(_IDLE_SECONDS)
        # Who finds no socket starts another process like this one; who found it still is served.
        with suppress(FileNotFoundError):
            os.unlink(address)
        host.serve(0)


class Host:
    """Takes orders from the socket ``waiting`` and forks their runners, as many at once as there are cores."""

    def __init__(self, waiting: socket.socket) -> None:
        self._waiting = waiting
        self._cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._pending: deque[Order] = deque()
        # For each runner forked lately a pipe that ends with it, and when it counts no longer.
        self._fresh: dict[int, float] = {}

    def serve(self, idle: float) -> None:
        """Serve until no order has come for ``idle`` seconds and none is left."""
        quiet_at = time.monotonic() + idle
        while True:
            until = min(self._fresh.values()) if self._pending else quiet_at
            ended, _, _ = select.select(
                [self._waiting.fileno(), *self._fresh], [], [], max(0.0, until - time.monotonic())
            )
            if self._waiting.fileno() in ended:
                self._take()
                quiet_at = time.monotonic() + idle
            elif not ended and not self._pending:
                return
            self._forget(ended)
            while self._pending and (len(self._fresh) < self._cores or len(self._pending) > _PENDING):
                self._fork(*self._pending.popleft())

    def _take(self) -> None:
        connection, _ = self._waiting.accept()
        with connection:
            connection.settimeout(_IDLE_SECONDS)
            try:
                self._pending.append(_receive(connection))
            except (OSError, ValueError):
                traceback.print_exc()

    def _forget(self, ended: list[int]) -> None:
        now = time.monotonic()
        for pipe in [pipe for pipe, until in self._fresh.items() if pipe in ended or until <= now]:
            del self._fresh[pipe]
            os.close(pipe)

    def _fork(self, order: dict[str, Any], files: list[int]) -> None:
        ends_with_it, kept = os.pipe()
        if os.fork() == 0:
            for file in (
                self._waiting.fileno(),
                ends_with_it,
                *self._fresh,
                *chain(*(held for _, held in self._pending)),
            ):
                os.close(file)
            _become_runner(order, files[1])
        self._fresh[ends_with_it] = time.monotonic() + _FRESH_SECONDS
        for file in (kept, *files):
            os.close(file)


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    content, files, _, _ = socket.recv_fds(connection, _CHUNK_BYTES, 2)
    try:
        while more := connection.recv(_CHUNK_BYTES):
            content += more
        return json.loads(content), files
    except (OSError, ValueError):
        for file in files:
            os.close(file)
        raise


def _give_way() -> None:
    """Let those who ask for jobs go before what runs them, as on Azure, where these are other machines."""
    os.nice(_NICENESS)
    # Linux weighs sessions against each other first, where it groups them.
    with suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
        group.write(str(_NICENESS))


def _become_runner(order: dict[str, Any], log: int) -> None:
    status = 1
    try:
        os.setsid()
        _give_way()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.environ.clear()
        os.environ.update(order["environment"])
        run_job(order["state"], order["job"], order["names"])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
