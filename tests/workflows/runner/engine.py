"""Order the jobs of a run: needs, conditions, matrices, reusable workflows, approvals and concurrency groups."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import Refused
from runner.expressions import Closed, Evaluator, to_text, truthy
from runner.job import JobResult, run_job
from runner.queues import Ticket
from runner.syntax import needs, read_workflow
from runner.triggers import granted

if TYPE_CHECKING:
    from runner.service import Service

# What waits yields; what is done returns its result.
Waiting = Generator[None, None, JobResult]


@dataclass
class Run:
    """One attempt of a workflow run; ``jobs`` by path: ``plan``, ``release[ordinal]/evaluate``.

    ``waiting`` says of each job that cannot start why: an approval (the environment's name), or a group.
    """

    service: Service
    files: Path
    document: dict[str, Any]
    github: dict[str, Any]
    inputs: dict[str, Any]
    given: dict[str, str]
    untrusted: bool = False
    jobs: dict[str, JobResult] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    decided: dict[str, bool] = field(default_factory=dict)
    cancelled: bool = False
    held_back: bool = False
    done: bool = False

    @property
    def variables(self) -> Mapping[str, str]:
        """The repository's variables, which a run of a fork does not get."""
        return {} if self.untrusted else self.service.variables

    @property
    def secrets(self) -> Closed:
        """The run's token, and nothing else: the project has no secret."""
        return Closed(GITHUB_TOKEN=self.github["token"])

    @property
    def status(self) -> str:
        """``completed``, ``waiting`` for an approval, or ``pending`` in the queue of a group."""
        if self.done or self.held_back:
            return "completed"
        return "waiting" if any(not why.startswith("group ") for why in self.waiting.values()) else "pending"

    @property
    def conclusion(self) -> str:
        """``failure`` when a job failed, else ``cancelled`` when one was, else ``success``; '' before the end."""
        if self.held_back:
            return "action_required"
        if not self.done:
            return ""
        results = {job.result for job in self.jobs.values()}
        worst = next((result for result in ("failure", "cancelled") if result in results), "success")
        return "cancelled" if self.cancelled else worst

    @property
    def summary(self) -> str:
        """Markdown of the run's page: the summaries of its jobs, in order."""
        return "".join(job.summary for job in self.jobs.values())

    @property
    def log(self) -> str:
        """What the jobs printed, for the message of a failed assertion."""
        return "\n".join(f"=== {path}: {job.result}\n{job.log}" for path, job in self.jobs.items())

    def cancel(self) -> None:
        """Cancel the run, as its button does: what would run in a cancelled run still does."""
        self.cancelled = True


@dataclass
class _Level:
    """The jobs of one workflow file: of the run itself, or of a workflow that a job calls."""

    document: dict[str, Any]
    inputs: dict[str, Any]
    prefix: str = ""
    done: dict[str, JobResult] = field(default_factory=dict)
    executed: set[str] = field(default_factory=set)


def execution(run: Run, previous: Mapping[str, JobResult]) -> Generator[None, None, None]:
    """Run the jobs of ``run``; those that succeeded in ``previous`` and need no job run again keep that.

    It yields whenever all that is left waits, for an approval or for its turn.
    """
    level = _Level(run.document, run.inputs)
    evaluator = Evaluator({"github": Closed(run.github), "inputs": run.inputs, "vars": run.variables})
    ticket = run.service.groups.enter(run.document.get("concurrency"), evaluator, run)
    yield from _turn(run, ticket, "the run")
    yield from _run_level(run, level, previous)
    run.service.groups.leave(ticket)
    run.done = True


def _turn(run: Run, ticket: Ticket | None, path: str) -> Generator[None, None, None]:
    """Wait for the turn in a group; a run or job that is replaced in the queue is cancelled."""
    groups = run.service.groups
    while not groups.holds(ticket) and not run.cancelled:
        if ticket.replaced:
            run.cancelled |= path == "the run"
            break
        run.waiting[path] = f"group {ticket.group}"
        yield
    run.waiting.pop(path, None)


def _run_level(run: Run, level: _Level, previous: Mapping[str, JobResult]) -> Generator[None, None, None]:
    waiting, active = dict(level.document["jobs"]), dict[str, Waiting]()
    while waiting or active:
        moved = False
        for name in [n for n, job in waiting.items() if not set(needs(job)) & (set(waiting) | set(active))]:
            active[name] = _run_all_of(run, level, name, waiting.pop(name), previous)
        if not active:
            raise Refused(f"jobs need each other: {', '.join(waiting)}")
        for name, task in list(active.items()):
            try:
                next(task)
            except StopIteration as ended:
                level.done[name] = ended.value
                del active[name]
                moved = True
                break  # what needs it is as ready as its siblings, and comes in the file's order
        if not moved:
            yield


def _run_all_of(run: Run, level: _Level, name: str, job: dict, previous: Mapping[str, JobResult]) -> Waiting:
    """Run job ``name``, every combination of its matrix; returns the result that other jobs see."""
    path = level.prefix + name
    if path in run.given:
        return _record(run, path, JobResult(run.given[path], job.get("name", name)))
    again = bool(level.executed & set(needs(job)))
    contexts = _contexts(run, level, job)
    evaluator = Evaluator(contexts, _status(run, level, job))
    if not evaluator.condition(job.get("if")):
        level.executed |= {name} if again else set()
        return _record(run, path, JobResult("skipped", job.get("name", name)))
    outcomes = []
    for matrix, stop in _matrix(evaluator.interpolate(job.get("strategy", {}))):
        label = f"{path}[{', '.join(map(str, matrix.values()))}]" if matrix else path
        before = previous.get(label)
        if before and before.result == "success" and not again:
            outcomes.append(_record(run, label, before))
            continue
        single = {**contexts, "matrix": matrix}
        if "uses" in job:
            outcome, executed = yield from _call_in_turn(run, job, single, label, {} if again else previous)
        else:
            outcome, executed = (yield from _run_one(run, level, job, single, label)), True
            outcome.attempt = int(run.github["run_attempt"])
            _record(run, label, outcome)
        level.executed |= {name} if executed else set()
        outcomes.append(outcome)
        if stop and outcome.result == "failure":
            break
    results = [outcome.result for outcome in outcomes]
    worst = next((r for r in ("failure", "cancelled", "success") if r in results), "skipped")
    outputs = {key: text for outcome in outcomes for key, text in outcome.outputs.items()}
    return JobResult(worst, outputs=outputs)


def _run_one(run: Run, level: _Level, job: dict, contexts: dict, path: str) -> Waiting:
    """Queue for the job's group, wait for its environment's approval with the place held, then run it."""
    service, evaluator = run.service, Evaluator(contexts)
    outlives = "always()" in to_text(job.get("if", "")) or "cancelled()" in to_text(job.get("if", ""))
    name = to_text(evaluator.interpolate(job.get("name", path)))
    named = job.get("environment") or ""
    environment = to_text(evaluator.interpolate(named["name"] if isinstance(named, dict) else named))
    ticket = service.groups.enter(job.get("concurrency"), evaluator, run)
    try:
        yield from _turn(run, ticket, path)
        if (ticket and ticket.replaced) or (run.cancelled and not outlives):
            return JobResult("cancelled", name, environment=environment)
        settings = service.environments.get(environment)
        if settings and not settings.allows(run.github["ref"]):
            return JobResult("failure", name, environment=environment, log=f"{environment} does not allow this branch")
        while settings and settings.reviewers and path not in run.decided and not run.cancelled:
            run.waiting[path] = environment
            yield
        run.waiting.pop(path, None)
        if run.cancelled and not outlives:
            return JobResult("cancelled", name, environment=environment)
        if run.decided.get(path) is False:
            return JobResult("failure", name, environment=environment, log=f"{environment}: not approved")
        variables = {**run.variables, **(settings.variables if settings else {})}
        rights = granted(level.document, job, run.untrusted)
        # Only a machine at work knows the environment's variables; what GitHub decides before does not.
        result = run_job(run, level.document, job, contexts, variables, path, rights)
        result.environment = environment
        service.record_deployment(run, named, result)
        return result
    finally:
        service.groups.leave(ticket)


def _call_in_turn(run: Run, job: dict, contexts: dict, path: str, previous: Mapping[str, JobResult]) -> Any:
    """Queue for the group of the job that calls, and hold it until the last job of the called workflow ended."""
    ticket = run.service.groups.enter(job.get("concurrency"), Evaluator(contexts), run)
    try:
        yield from _turn(run, ticket, path)
        if ticket and ticket.replaced:
            return JobResult("cancelled", path), False
        return (yield from _call(run, job, contexts, path, previous))
    finally:
        run.service.groups.leave(ticket)


def _call(run: Run, job: dict, contexts: dict, path: str, previous: Mapping[str, JobResult]) -> Any:
    """Run a reusable workflow of this repository; also tells whether any of its jobs ran."""
    if not job["uses"].startswith(("./.github/workflows/", "$/.github/workflows/")):
        raise Refused(f"job {path}: uses {job['uses']!r}; only workflows of this repository are known")
    document = read_workflow(run.files / job["uses"][2:])
    declared = (document["on"].get("workflow_call") or {}).get("inputs", {})
    given = Evaluator(contexts).interpolate(job.get("with", {}))
    if unknown := sorted(set(given) - set(declared)):
        raise Refused(f"job {path}: {job['uses']} has no input {unknown[0]!r}")
    if missing := sorted(n for n, spec in declared.items() if spec.get("required") and n not in given):
        raise Refused(f"job {path}: {job['uses']} needs input {missing[0]!r}")
    inputs = {name: given.get(name, spec.get("default")) for name, spec in declared.items()}
    level = _Level(document, inputs, prefix=f"{path}/")
    yield from _run_level(run, level, previous)
    results = [done.result for done in level.done.values()]
    worst = next((r for r in ("failure", "cancelled", "success") if r in results), "skipped")
    jobs = {name: {"outputs": done.outputs, "result": done.result} for name, done in level.done.items()}
    outputs = (document["on"].get("workflow_call") or {}).get("outputs", {})
    evaluator = Evaluator({"jobs": Closed(jobs), "inputs": inputs, "github": Closed(run.github)})
    values = {k: evaluator.interpolate(o["value"]) for k, o in outputs.items()}
    return JobResult(worst, outputs=values), bool(level.executed)


def _record(run: Run, path: str, result: JobResult) -> JobResult:
    run.jobs[path] = result
    return result


def _contexts(run: Run, level: _Level, job: dict) -> dict[str, Any]:
    done = {n: {"result": level.done[n].result, "outputs": level.done[n].outputs} for n in needs(job)}
    return {
        "github": Closed(run.github),
        "inputs": Closed(level.inputs),
        "vars": run.variables,
        "needs": Closed(done),
    }


def _ancestors(level: _Level, job: dict) -> set[str]:
    found = set(needs(job))
    for name in needs(job):
        found |= _ancestors(level, level.document["jobs"][name])
    return found


def _status(run: Run, level: _Level, job: dict) -> dict[str, bool]:
    """Status functions of a job's condition; they look at every job before it, however far."""
    results = [level.done[name].result for name in _ancestors(level, job)]
    return {
        "always": True,
        "success": all(result == "success" for result in results) and not run.cancelled,
        "failure": "failure" in results and not run.cancelled,
        "cancelled": run.cancelled,
    }


def _matrix(strategy: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Combinations of a matrix, each with whether a failure stops the rest."""
    vectors = strategy.get("matrix") or {}
    for name, vector in vectors.items():
        if name in ("include", "exclude") or not isinstance(vector, list) or not vector:
            raise Refused(f"matrix: {name} must be a list with a value, found {vector!r}")
    for values in itertools.product(*vectors.values()):
        yield dict(zip(vectors, values, strict=True)), truthy(strategy.get("fail-fast", True))
