"""The process from which the runners of a workspace's jobs are forked: a burst of jobs costs one start of Python.

It listens on a socket of its user, holds no state, and ends when nothing was asked of it for some seconds.
Every order brings the job's lock, so that no job is lost unseen: if this process is killed, the jobs that it has not
forked yet are seen as failed, and those that it has go on.
"""

import gc
import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import Any

from emulator.runner import main as run_job

_IDLE_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16


def main(listener: str, address: str) -> None:
    """Fork a runner for each order that comes in on the socket of number ``listener``, until none comes any more.

    ``address`` is the socket's file.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(fileno=int(listener)) as waiting:
        waiting.settimeout(_IDLE_SECONDS)
        _serve(waiting)
        # Who finds no socket starts another process like this one; who found it still is served.
        with suppress(FileNotFoundError):
            os.unlink(address)
        waiting.settimeout(0)
        _serve(waiting)


def _serve(waiting: socket.socket) -> None:
    while True:
        try:
            connection, _ = waiting.accept()
        except (TimeoutError, BlockingIOError):
            return
        with connection:
            connection.settimeout(_IDLE_SECONDS)
            try:
                order, files = _receive(connection)
            except (OSError, ValueError):
                traceback.print_exc()
                continue
            if os.fork() == 0:
                connection.close()
                waiting.close()
                _become_runner(order, files[1])
            for file in files:
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


def _become_runner(order: dict[str, Any], log: int) -> None:
    status = 1
    try:
        os.setsid()
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
