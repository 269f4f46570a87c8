"""The processes that Azure ML starts for one step with a ``distribution``, joined by XGBoost's own collective.

Each has the variables of ``type: pytorch``: RANK, WORLD_SIZE, and the address of the first one. Nothing here starts,
places or watches a process: Azure ML does, and ends a step of which one process fails.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from boosters import import_xgboost
from refusal import Refused, other_distribution

# How long one process may be later than another, and how long those that lost another let it be named first.
PATIENCE_SECONDS = 3600
LINGER_SECONDS = 3.0
# Prepared rows lie in the order of their keys, those of the evaluation side first: each process has some of both.
PIECES = 16


@dataclass(frozen=True)
class Ranks:
    """One process, ``rank`` of ``size``; alone, it exchanges nothing and loads nothing."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes what there is once."""
        return self.rank == 0

    def each(self, own: Any) -> Iterator[Any]:
        """Yield what every process gives as ``own``, in the order of their ranks."""
        if self.size == 1:
            yield own
            return
        for root in range(self.size):
            yield import_xgboost().collective.broadcast(own if root == self.rank else None, root)

    def total(self, own: np.ndarray) -> np.ndarray:
        """Return the sum over all processes, the same in each of them."""
        if self.size == 1:
            return own
        collective = import_xgboost().collective
        summed: np.ndarray = collective.allreduce(own, collective.Op.SUM).reshape(own.shape)
        return summed

    def share(self, count: int) -> slice:
        """Return this process's part of ``count`` things in order, in one piece."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def spread(self, count: int) -> list[slice]:
        """Return this process's part of ``count`` things in order, from everywhere among them."""
        pieces = self.size * PIECES if self.size > 1 else 1
        return [
            slice(count * piece // pieces, count * (piece + 1) // pieces)
            for piece in range(self.rank, pieces, self.size)
        ]


ALONE = Ranks()


def of_step() -> Ranks:
    """Return the place of this process among those of its step; refuse a distribution of another type."""
    if other := other_distribution():
        raise Refused(f"This step was started by another distribution ({other}). Write `type: pytorch`.")
    ranks = Ranks(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))
    if ranks.size > 1 and (missing := [name for name in ("MASTER_ADDR", "MASTER_PORT") if name not in os.environ]):
        raise Refused(f"WORLD_SIZE is {ranks.size}, but {missing[0]} is not set. Azure ML sets both.")
    return ranks


@contextmanager
def joined(ranks: Ranks) -> Iterator[None]:
    """Let the processes exchange: the first listens where Azure ML says, the others call there."""
    if ranks.size == 1:
        yield
        return
    xgboost = import_xgboost()
    from xgboost.tracker import RabitTracker

    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    xgboost.set_config(verbosity=0)
    tracker = None
    if ranks.first:
        tracker = RabitTracker(ranks.size, host, port, sortby="task", timeout=PATIENCE_SECONDS)
        tracker.start()
    else:
        _wait_for(host, port)
    # Ranks follow the ids, so they are those of Azure ML.
    address = {"dmlc_tracker_uri": host, "dmlc_tracker_port": port}
    xgboost.collective.init(**address, dmlc_task_id=f"{ranks.rank:08d}", dmlc_timeout=PATIENCE_SECONDS)
    yield
    xgboost.collective.finalize()
    if tracker is not None:
        tracker.wait_for(PATIENCE_SECONDS)


def _wait_for(host: str, port: int) -> None:
    """Wait until the first process listens; XGBoost itself would next try after seconds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection((host, port), 10).close()
        except OSError as error:
            if time.monotonic() > until:
                raise Refused(f"The first process of the step does not listen at {host}:{port}: {error}.") from error
            time.sleep(0.05)
        else:
            return


def run(name: str, step: Callable[[], None]) -> None:
    """Run ``step``, and end with one sentence where it refuses its input or cannot go on.

    One of several processes ends at once, without a goodbye to the others: their connection breaks, and Azure ML names
    the one that ended first.
    """
    try:
        step()
    except Refused as refusal:
        told = f"{name} refused its input: {refusal}"
    except Exception as error:
        found = _told(error)
        if found is None:
            raise
        told = f"{name} cannot go on: {found}"
    else:
        return
    if os.environ.get("WORLD_SIZE", "1") == "1":
        sys.exit(told)
    print(f"{told} (process {os.environ['RANK']} of {os.environ['WORLD_SIZE']})", file=sys.stderr, flush=True)
    sys.stdout.flush()
    os._exit(1)


def _told(error: Exception) -> str | None:
    """Return what a person can do something about, or None."""
    text = str(error)
    if isinstance(error, MemoryError) or "bad_alloc" in text or "Failed to allocate" in text:
        return "its memory does not suffice. Give the step larger or more nodes, or fewer processes a node."
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} cannot be read or written: {error.strerror or error}."
    if type(error).__name__ == "XGBoostError" and "/collective/" in text:
        # The other one is to end the step, so that its log is the one that is named.
        time.sleep(LINGER_SECONDS)
        return "another process of the step has ended; its log says why."
    return None
