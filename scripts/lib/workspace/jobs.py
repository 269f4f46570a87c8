"""Wait for jobs, and report their progress."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import JobFailed
from scripts.lib.telling import results
from scripts.lib.workspace.interruption import canceled_on_interrupt
from scripts.lib.workspace.service_errors import is_transient

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

COMPLETED = "Completed"
TERMINAL = (COMPLETED, "Failed", "Canceled", "NotResponding")
_SHORTEST_POLL, _LONGEST_POLL = 0.05, 15.0
_POLL_SHARE = 0.05
_LOG_LINES = 20
_FAILED_POLLS = 5


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


def wait(client: "MLClient", jobs: Mapping[str, str], stream: bool = False) -> dict[str, str]:
    """Wait until all ``jobs`` (label to name) have ended, and report their steps; return each label's status.

    The time between two polls grows with the jobs' age, so that the end of a short job is seen at once and a long job
    costs few requests. A failed poll does not end the wait, unless several fail in a row.
    """
    if stream:
        for job in jobs.values():
            with contextlib.suppress(Exception):
                client.jobs.stream(job)
    started = time.monotonic()
    reported: dict[str, str] = {}
    statuses: dict[str, str] = {}
    failures = 0
    while len(statuses) < len(jobs):
        elapsed = time.monotonic() - started
        try:
            for label in [label for label in jobs if label not in statuses]:
                status = status_of(client.jobs.get(jobs[label]))
                _report_steps(client, jobs[label], label, reported, elapsed)
                if status in TERMINAL:
                    statuses[label] = status
            failures = 0
        except Exception as error:
            failures += 1
            if failures > _FAILED_POLLS or not is_transient(error):
                raise
            results.tell(f"    {elapsed:5.1f} s  the workspace did not answer; asking again: {type(error).__name__}")
        if len(statuses) < len(jobs):
            time.sleep(min(max(elapsed * _POLL_SHARE, _SHORTEST_POLL), _LONGEST_POLL))
    return statuses


def run(client: "MLClient", label: str, start: Callable[[], str], stream: bool = False) -> str:
    """Start a job, wait until it has completed, and return its name.

    Raises:
        JobFailed: it ended in another way.
    """
    with canceled_on_interrupt(client) as started:
        job = started.submit(start)
        results.tell(f"    {label} runs as job {job}")
        statuses = wait(client, {label: job}, stream)
    require_completed(client, job, statuses[label])
    return job


def _report_steps(client: "MLClient", job: str, label: str, reported: dict[str, str], elapsed: float) -> None:
    for step in reversed(steps(client, job)):
        state = "reused" if step.reused and step.status == COMPLETED else step.status.lower()
        if reported.get(step.job) != state:
            reported[step.job] = state
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
    """Raise unless the job completed; the message holds the end of each failed step's log.

    Raises:
        JobFailed: the status is another one.
    """
    if status == COMPLETED:
        return
    from scripts.lib.workspace.outputs import log_tail

    lines = [f"Job {job} ended as {status}."]
    for step in steps(client, job):
        if step.status == "Failed":
            lines += [f"Step {step.name} failed; the end of its log:", *log_tail(client, step.job, _LOG_LINES)]
    raise JobFailed("\n".join(lines))
