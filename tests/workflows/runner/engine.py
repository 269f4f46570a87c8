"""Order the jobs of a run: needs, conditions, matrices and reusable workflows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import Refused
from runner.expressions import Closed, Evaluator, condition, truthy
from runner.job import JobResult, run_job
from runner.syntax import needs, read_workflow

if TYPE_CHECKING:
    from runner.service import Service


@dataclass
class Run:
    """One attempt of a workflow run; ``jobs`` by path: ``plan``, ``release[ordinal]/evaluate``."""

    service: Service
    files: Path
    document: dict[str, Any]
    github: dict[str, Any]
    inputs: dict[str, Any]
    given: dict[str, str]
    jobs: dict[str, JobResult] = field(default_factory=dict)

    @property
    def conclusion(self) -> str:
        """``failure`` when a job failed, else ``success``."""
        return "failure" if any(job.result == "failure" for job in self.jobs.values()) else "success"

    @property
    def summary(self) -> str:
        """Markdown of the run's page: the summaries of its jobs, in order."""
        return "".join(job.summary for job in self.jobs.values())

    @property
    def log(self) -> str:
        """What the jobs printed, for the message of a failed assertion."""
        return "\n".join(f"=== {path}: {job.result}\n{job.log}" for path, job in self.jobs.items())


@dataclass
class _Level:
    """The jobs of one workflow file: of the run itself, or of a workflow that a job calls."""

    document: dict[str, Any]
    inputs: dict[str, Any]
    prefix: str = ""
    done: dict[str, JobResult] = field(default_factory=dict)
    executed: set[str] = field(default_factory=set)


def execute(run: Run, previous: Mapping[str, JobResult]) -> None:
    """Run the jobs of ``run``; those that succeeded in ``previous`` and need no job run again keep that."""
    _run_level(run, _Level(run.document, run.inputs), previous)


def _run_level(run: Run, level: _Level, previous: Mapping[str, JobResult]) -> None:
    waiting = dict(level.document["jobs"])
    while waiting:
        ready = next((name for name, job in waiting.items() if not set(needs(job)) & set(waiting)), None)
        if ready is None:
            raise Refused(f"jobs need each other: {', '.join(waiting)}")
        level.done[ready] = _run_all_of(run, level, ready, waiting.pop(ready), previous)


def _run_all_of(run: Run, level: _Level, name: str, job: dict, previous: Mapping[str, JobResult]) -> JobResult:
    """Run job ``name``, every combination of its matrix; returns the result that other jobs see."""
    path = level.prefix + name
    if path in run.given:
        return _record(run, path, JobResult(run.given[path], job.get("name", name)))
    again = bool(level.executed & set(needs(job)))
    contexts = _contexts(run, level, job)
    evaluator = Evaluator(contexts, _status(level, job))
    if not condition(evaluator, job.get("if")):
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
            outcome, executed = _call(run, job, single, label, {} if again else previous)
        else:
            outcome, executed = run_job(run, level.document, job, single, label, name), True
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


def _call(run: Run, job: dict, contexts: dict, path: str, previous: Mapping[str, JobResult]) -> tuple[JobResult, bool]:
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
    _run_level(run, level, previous)
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
        "vars": run.service.variables,
        "needs": Closed(done),
    }


def _ancestors(level: _Level, job: dict) -> set[str]:
    found = set(needs(job))
    for name in needs(job):
        found |= _ancestors(level, level.document["jobs"][name])
    return found


def _status(level: _Level, job: dict) -> dict[str, Any]:
    """Status functions of a job's condition; they look at every job before it, however far."""
    results = [level.done[name].result for name in _ancestors(level, job)]
    return {
        "always": lambda: True,
        "success": lambda: all(result == "success" for result in results),
        "failure": lambda: "failure" in results,
        "cancelled": lambda: "cancelled" in results,
    }


def _matrix(strategy: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Combinations of a matrix, each with whether a failure stops the rest."""
    vectors = strategy.get("matrix") or {}
    for name, vector in vectors.items():
        if name in ("include", "exclude") or not isinstance(vector, list) or not vector:
            raise Refused(f"matrix: {name} must be a list with a value, found {vector!r}")
    for values in itertools.product(*vectors.values()):
        yield dict(zip(vectors, values, strict=True)), truthy(strategy.get("fail-fast", True))
