"""Measure what a pull request and a merge take on GitHub, and what GitHub bills for them.

    python -m benchmarks.workflow_minutes

The workflows run by the stand-in that the scenarios use, on this repository as it is committed, with all its problems
and the embedded workspace; then a change of one variant is opened as a pull request and merged, and a change of code
that both variants of a problem share. Jobs run one after the other here; side by side they take the longest way
through what they need. A set-up is measured once, from a warm package cache, and added to each job that has one: on
GitHub it restores the environment from a cache. GitHub bills every job's time rounded up to a minute.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "workflows"))

from runner import Run, Service  # noqa: E402
from runner.syntax import needs, read_workflow  # noqa: E402
from scenario import edit, merge, pull_request  # noqa: E402

VARIANT = ("pipelines/heart-disease/onehot/pipeline.yml", "eval_size: 0.3", "eval_size: 0.25")
SHARED = ("components/train_xgb/boosting.py", '"eta": 0.05', '"eta": 0.06')


def main_branch(folder: Path) -> Path:
    """Return a clone of this repository, at its commit."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "-B", "main"], cwd=folder, check=True)
    return folder


def set_up_seconds(folder: Path) -> dict[str, float]:
    """Return how long a new environment takes, by the target of the Makefile: for a release, and for tests too."""
    took = {}
    for target in (".venv/.release", ".venv/.installed"):
        shutil.rmtree(folder / ".venv", ignore_errors=True)
        took[target] = timed(["make", "--silent", target], folder)
    return took


def timed(command: list[str], folder: Path) -> float:
    """Run a command, and return the seconds that it took; its output is shown where it fails."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, env={**environment, "CI": "true"}, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    return time.monotonic() - begun


def ran(run: Run, set_up: float) -> dict[str, float]:
    """Return the seconds of each job that ran, by its path; ``set_up`` is added where the job has a set-up."""
    return {
        path: job.seconds + (set_up if "--- Set up" in job.log else 0) for path, job in run.jobs.items() if job.seconds
    }


def wall_seconds(workflow: Path, jobs: Mapping[str, float], prefix: str = "", begun: float = 0.0) -> float:
    """Return when the last job of a workflow ends, where all that may run side by side does so."""
    document, ends = read_workflow(workflow), dict[str, float]()
    waiting = dict(document["jobs"])
    while waiting:
        name = next(name for name, job in waiting.items() if set(needs(job)) <= set(ends))
        job = waiting.pop(name)
        starts = max((ends[one] for one in needs(job)), default=begun)
        ends[name] = starts
        for label in {path[len(prefix) :].split("/")[0] for path in jobs if path.startswith(prefix)}:
            if label.partition("[")[0] != name:
                continue
            if "uses" in job:
                called = workflow.parent / Path(job["uses"]).name
                end = wall_seconds(called, jobs, f"{prefix}{label}/", starts)
            else:
                end = starts + jobs[prefix + label]
            ends[name] = max(ends[name], end)
    return max(ends.values(), default=begun)


def row(event: str, run: Run, jobs: dict[str, float]) -> str:
    """Return a row of the table."""
    workflow = run.files / ".github/workflows" / Path(run.github["workflow_ref"].split("@")[0]).name
    billed = sum(math.ceil(seconds / 60) for seconds in jobs.values())
    return f"| {event} | {len(jobs)} | {wall_seconds(workflow, jobs) / 60:.1f} | {billed} |"


@click.command(help=__doc__)
def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        set_up = set_up_seconds(main_branch(folder / "fresh"))
        click.echo(f"set-up {set_up['.venv/.release']:.0f} s, with what tests need {set_up['.venv/.installed']:.0f} s")
        repository = main_branch(folder / "project")
        service = Service(folder / "github", repository, Path(sys.prefix))
        rows = []

        def measured(event: str, run: Run, tests: float = 0.0) -> None:
            if run.conclusion != "success":
                raise click.ClickException(f"{event}: {run.conclusion}\n{run.log[-3000:]}")
            jobs = ran(run, set_up[".venv/.release"])
            if tests:
                jobs["tests"] = tests
            rows.append(row(event, run, jobs))
            click.echo(rows[-1], err=True)

        measured("first push: three problems, six variants", service.run("release.yml", "push"))
        for event, change in (("one variant", VARIANT), ("code that all variants of two problems share", SHARED)):
            sha = edit(repository, *change, f"A change of {event}")
            tests = set_up[".venv/.installed"] + timed(
                ["make", "lint", "test-affected"], _at(folder / "fresh", repository)
            )
            run, _ = pull_request(service, sha)
            measured(f"pull request: {event}", run, tests)
            merged = merge(service)
            if merged is None:
                raise click.ClickException(f"{event}: the merge started nothing")
            measured(f"merge: {event}", merged)
    click.echo("\n".join(["| event | jobs | minutes | billed |", "|---|---:|---:|---:|", *rows]))


def _at(fresh: Path, repository: Path) -> Path:
    """Bring the clone with an environment to the newest commit of another."""
    subprocess.run(["git", "fetch", "--quiet", str(repository), "main"], cwd=fresh, check=True)
    subprocess.run(["git", "checkout", "--quiet", "FETCH_HEAD"], cwd=fresh, check=True)
    return fresh


if __name__ == "__main__":
    main()
