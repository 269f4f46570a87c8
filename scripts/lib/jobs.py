"""Follow a job to its end: progress while it runs, cancel it when the command is interrupted."""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.lib import results
from scripts.lib.errors import JobFailed

if TYPE_CHECKING:
    from types import FrameType

    from azure.ai.ml import MLClient

COMPLETED = "Completed"
TERMINAL = (COMPLETED, "Failed", "Canceled", "NotResponding")
_SHORTEST_POLL, _LONGEST_POLL = 0.05, 15.0
_POLL_SHARE = 0.05
_LOG_LINES = 20


@dataclass(frozen=True)
class Step:
    """One step of a pipeline job, as the service records it."""

    name: str
    job: str
    status: str
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def reused(self) -> bool:
        """Whether the service took the outputs of an earlier run."""
        return self.properties.get("azureml.isreused") == "true"


class _Interrupted(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextlib.contextmanager
def canceled_on_interrupt(client: "MLClient", jobs: list[str]) -> Iterator[None]:
    """Cancel ``jobs`` when the command is told to stop, so that no paid job outlives a canceled workflow."""

    def stop(number: int, frame: "FrameType | None") -> None:
        raise _Interrupted(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {number: signal.signal(number, stop) for number in numbers}
    except ValueError:  # signals reach the main thread only
        before = {}
    try:
        yield
    except _Interrupted as interrupt:
        for job in jobs:
            results.tell(f"Stopped by {interrupt}: canceling {job}")
            with contextlib.suppress(Exception):
                client.jobs.begin_cancel(job)
        raise SystemExit(128 + interrupt.number) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait(client: "MLClient", job: str, label: str, stream: bool = False) -> str:
    """Wait until ``job`` has ended, telling of its steps; return its status.

    The polls are as frequent as the job is young, so that short jobs are seen at once and long ones cost little.
    """
    if stream:
        with contextlib.suppress(Exception):
            client.jobs.stream(job)
    started = time.monotonic()
    told: dict[str, str] = {}
    while True:
        status = status_of(client.jobs.get(job))
        elapsed = time.monotonic() - started
        _tell_steps(client, job, label, told, elapsed)
        if status in TERMINAL:
            return status
        time.sleep(min(max(elapsed * _POLL_SHARE, _SHORTEST_POLL), _LONGEST_POLL))


def _tell_steps(client: "MLClient", job: str, label: str, told: dict[str, str], elapsed: float) -> None:
    for step in reversed(steps(client, job)):
        state = "reused" if step.reused and step.status == COMPLETED else step.status.lower()
        if told.get(step.job) != state:
            told[step.job] = state
            results.tell(f"    {elapsed:5.1f} s  {label}: {step.name} {state}")


def status_of(job: Any) -> str:
    """Return a job's status as text; the SDK gives an enum or a string."""
    return str(getattr(job.status, "value", job.status))


def steps(client: "MLClient", job: str) -> list[Step]:
    """Return the steps of a pipeline job, newest first."""
    return [
        Step(str(child.display_name), str(child.name), status_of(child), dict(child.properties or {}))
        for child in client.jobs.list(parent_job_name=job)
    ]


def require_completed(client: "MLClient", job: str, status: str) -> None:
    """Raise unless the job completed, with what its failed steps last said.

    Raises:
        JobFailed: the status is another one.
    """
    if status == COMPLETED:
        return
    from scripts.lib.outputs import log_tail

    lines = [f"Job {job} ended as {status}."]
    for step in steps(client, job):
        if step.status == "Failed":
            lines += [f"Step {step.name} failed; the end of its log:", *log_tail(client, step.job, _LOG_LINES)]
    raise JobFailed("\n".join(lines))
