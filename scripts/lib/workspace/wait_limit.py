"""How long a command waits for jobs at most; what it leaves running is taken over by the next one.

A job that ended meanwhile is taken over too, so that nothing is paid for twice. Invoked jobs cannot be tagged, so the
names of those that were left lie in the workspace's default datastore, one file a job.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import StillRunning
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.job_status import COMPLETED, status_of
from scripts.lib.workspace.live_jobs import is_live
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@dataclass
class _Limit:
    """When a command is to wait no longer, and every job that it has started or taken over."""

    end: float
    jobs: list[str] = field(default_factory=list)


_limit: ContextVar[_Limit | None] = ContextVar("wait limit", default=None)
# The jobs that this process has joined and that are still noted as left.
_joined: set[str] = set()


@contextmanager
def limited_wait(minutes: float) -> Iterator[None]:
    """Have every wait for jobs inside end after so many minutes, all together."""
    token = _limit.set(_Limit(time.monotonic() + minutes * 60))
    try:
        yield
    finally:
        _limit.reset(token)


def follow(job: str) -> None:
    """Remember a job that the command works with, in case it is to be left."""
    if limit := _limit.get():
        limit.jobs.append(job)


def require_time(client: "MLClient", statuses: Mapping[str, str], jobs: Mapping[str, str]) -> None:
    """Raise when the wait for ``jobs`` (label to name) is up; ``statuses`` are those that have ended.

    Raises:
        StillRunning: the jobs go on, and are noted.
    """
    limit = _limit.get()
    if limit is None or time.monotonic() < limit.end:
        return
    store = _store(client)
    for job in dict.fromkeys([*limit.jobs, *jobs.values()]):
        store.write(job, b"")
    going = ", ".join(f"{label} ({job})" for label, job in jobs.items() if label not in statuses)
    raise StillRunning(
        f"The time to wait is up, and these jobs go on: {going}. Run the same command again: it joins them."
    )


def left_running(client: "MLClient") -> set[str]:
    """Return the jobs that a command has left, whatever became of them since."""
    return set(_store(client).names())


def joinable(client: "MLClient", known: Iterable[Any]) -> Any | None:
    """Return the job of the same work to wait for: one that runs, or one that was left and has completed since."""
    known = list(known)
    ended = [job for job in known if status_of(job) == COMPLETED]
    if live := next(filter(is_live, known), None):
        results.tell(f"    Job {live.name} does this already: joining it")
        # It stays noted until it has ended, so that nobody cancels it as a leftover meanwhile.
        _joined.update({str(live.name)} & left_running(client))
        return live
    left = left_running(client) if ended else set()
    taken = next((job for job in ended if str(job.name) in left), None)
    if taken is not None:
        _store(client).delete(str(taken.name))
        results.tell(f"    Job {taken.name} was left by an earlier command and has completed since")
    return taken


def taken_over(client: "MLClient", jobs: Iterable[str]) -> None:
    """Forget that these jobs were left, as whoever joined them has waited for their end."""
    for job in _joined.intersection(jobs):
        _store(client).delete(job)
        _joined.discard(job)


def _store(client: "MLClient") -> ReleaseStore:
    return ReleaseStore(Connection(client, client._credential, ""), "runs/left")
