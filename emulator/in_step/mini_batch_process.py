"""The process of a worker of a parallel step, as the process that gives it work sees it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_ENDED = {"ended": True, "error": "The worker ended."}


class Worker:
    """Worker ``number`` of ``count``, whose prints go to a log of its own in ``logs``."""

    def __init__(self, logs: str, number: int, count: int, arguments: list[str]) -> None:
        folder = os.path.join(logs, "logs", "user", "stdout", "127.0.0.1")
        os.makedirs(folder, exist_ok=True)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = {name: str(max(1, cores // count)) for name in _THREADS if name not in os.environ}
        with open(os.path.join(folder, f"process{number:03d}.stdout.txt"), "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, os.path.join(_HERE, "mini_batch_worker.py"), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **threads},
            )

    def ask(self, described: dict[str, Any], seconds: float | None) -> dict[str, Any]:
        """Let the worker process a mini-batch; return its answer, which has ``ended`` if the worker is of no use."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(described) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return dict(_ENDED)
        return self.answer(seconds)

    def answer(self, seconds: float | None) -> dict[str, Any]:
        """Wait for an answer, at most for ``seconds``."""
        assert self._process.stdout is not None
        # Unlike select, poll takes files with numbers above 1023.
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if not poll.poll(None if seconds is None else seconds * 1000):
            return {"ended": True, "error": f"It took longer than {seconds:g} s."}
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else dict(_ENDED)

    def end(self, gently: bool = False) -> None:
        """End the worker; ``gently`` lets its script shut down."""
        if gently and self._process.stdin:
            self._process.stdin.close()
        else:
            self._process.kill()
        self._process.wait()
