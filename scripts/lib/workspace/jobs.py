"""Start or join jobs, follow them to their end, and tell how far they are."""

import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.lib.digests import content_digest
from scripts.lib.errors import JobFailed
from scripts.lib.telling import results
from scripts.lib.workspace.interruption import canceled_on_exit
from scripts.lib.workspace.job_status import COMPLETED, TERMINAL, status_of
from scripts.lib.workspace.links import job_page
from scripts.lib.workspace.live_jobs import tagged
from scripts.lib.workspace.locks import start_lock
from scripts.lib.workspace.service_errors import is_transient
from scripts.lib.workspace.wait_limit import joinable, require_time, taken_over
from scripts.lib.workspace.waiting import SignOfLife
from scripts.lib.workspace.writing import found, written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

WORK_TAG = "release_work"
# To read a job costs the SDK some 25 ms of a processor that a local job's own steps need.
_SHORTEST_POLL, _LONGEST_POLL = 0.1, 15.0
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


def wait(
    client: "MLClient", jobs: Mapping[str, str], stream: bool = False, each_step: bool = True, to_the_end: bool = False
) -> dict[str, str]:
    """Wait until all ``jobs`` (label to name) have ended, or one has failed; return the statuses of those that ended.

    With ``to_the_end`` a failed job does not end the wait. The story gets each step of the jobs or, without
    ``each_step``, the end of each job.

    One job is looked at after the other. The time between two looks grows with the jobs' age, so that the end of a
    short job is seen at once and a long job costs few requests. A failed look does not end the wait, unless several
    fail in a row.

    Raises:
        StillRunning: the command has waited as long as it may.
    """
    if stream:
        for job in jobs.values():
            with contextlib.suppress(Exception):
                client.jobs.stream(job)
    started = time.monotonic()
    reported: dict[str, str] = {}
    states: dict[str, str] = {}
    statuses: dict[str, str] = {}
    life, shown = SignOfLife(), set[str]()
    open_jobs = deque(jobs)
    failures, to_look_at = 0, len(open_jobs)
    while open_jobs:
        elapsed = time.monotonic() - started
        label = open_jobs[0]
        open_jobs.rotate(-1)
        try:
            job = client.jobs.get(jobs[label])
            if label not in shown and (page := job_page(job)):
                results.tell(f"    {label}: {page}")
            shown.add(label)
            states[label] = status = status_of(job)
            if each_step:
                states |= _report_steps(client, jobs[label], label, reported, elapsed, life)
            if status in TERMINAL:
                open_jobs.remove(label)
                statuses[label] = status
                if not each_step:
                    life.told()
                    results.tell(f"    {elapsed:5.1f} s  {label}: {status.lower()}")
            life.look({name: state for name, state in states.items() if state not in TERMINAL})
            failures = 0
        except Exception as error:
            failures += 1
            if failures > _FAILED_POLLS * len(open_jobs) or not is_transient(error):
                raise
            results.tell(f"    {elapsed:5.1f} s  the workspace did not answer; asking again: {type(error).__name__}")
        failed = any(status != COMPLETED for status in statuses.values())
        if not open_jobs or (failed and not to_the_end):
            break
        to_look_at -= 1
        if not to_look_at:  # all have been looked at, so none that has ended is taken for one that goes on
            to_look_at = len(open_jobs)
            require_time(client, statuses, jobs)
        if label in statuses:
            continue
        each = min(elapsed * _POLL_SHARE, _LONGEST_POLL) / len(open_jobs)
        time.sleep(max(each, _SHORTEST_POLL))
    taken_over(client, [jobs[label] for label in statuses])
    return statuses


def run_all(client: "MLClient", starts: Mapping[str, Callable[[], str]], stream: bool = False) -> dict[str, str]:
    """Start or join jobs side by side, wait until all have completed, and return their names by label.

    On every other way out - a job that fails, an error, a signal - those that have not ended are canceled.

    Raises:
        JobFailed: one of them did not complete.
    """
    with canceled_on_exit(client) as started:
        names = {}
        for label, start in starts.items():
            names[label] = started.submit(start)
            results.tell(f"    {label} runs as job {names[label]}")
        for label, status in wait(client, names, stream).items():
            require_completed(client, names[label], status)
    return names


def run(client: "MLClient", label: str, start: Callable[[], str], stream: bool = False) -> str:
    """Start or join a job, wait until it has completed, and return its name; see ``run_all``."""
    return run_all(client, {label: start}, stream)[label]


def submit_or_join(client: "MLClient", wanted: Any, purpose: str, content: object) -> str:
    """Submit a job, unless one of the same purpose and content has yet to end; return the name of the one that runs.

    ``content`` says in full what the job does on which data: components by version, data by version, literals.
    """
    work = content_digest([purpose, content])
    with start_lock(client, work):
        if joined := joinable(client, tagged(client, WORK_TAG, work)):
            return str(joined.name)
        wanted.tags = {**(wanted.tags or {}), WORK_TAG: work}
        # With a name of our own a second submission after a lost answer meets the first one.
        wanted.name = f"{purpose}-{uuid.uuid4().hex}"
        job = written(
            lambda: client.jobs.create_or_update(wanted),
            lambda: found(lambda: client.jobs.get(wanted.name)),
            lambda: f"The workspace said yes to job {wanted.name}, but has no such job. Run the command again.",
        )
        return str(job.name)


def _report_steps(
    client: "MLClient", job: str, label: str, reported: dict[str, str], elapsed: float, life: SignOfLife
) -> dict[str, str]:
    """Tell what is new about the steps of a job; return the status of each, by its label."""
    states = {}
    for step in reversed(steps(client, job)):
        states[f"{label}: {step.name}"] = step.status
        state = "reused" if step.reused and step.status == COMPLETED else step.status.lower()
        if reported.get(step.job) != state:
            reported[step.job] = state
            life.told()
            results.tell(f"    {elapsed:5.1f} s  {label}: {step.name} {state}")
    return states


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
    from scripts.lib.workspace.outputs import error_of, log_tail

    lines = [f"Job {job} ended as {status}. {error_of(client, job)}".rstrip()]
    for step in steps(client, job):
        if step.status == "Failed":
            lines += [f"Step {step.name} failed; the end of its log:", *log_tail(client, step.job, _LOG_LINES)]
    raise JobFailed("\n".join(lines))
