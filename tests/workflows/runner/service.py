"""What GitHub keeps between jobs and between runs: the repository, variables, artifacts, caches, pulls."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.engine import Run, execution
from runner.errors import Refused
from runner.queues import Groups
from runner.syntax import read_workflow
from runner.triggers import context, is_untrusted, starts

if TYPE_CHECKING:
    from runner.job import Job, JobResult


@dataclass
class Environment:
    """An environment's protection and variables; one that nobody set up has none."""

    reviewers: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    branches: tuple[str, ...] = ()

    def allows(self, ref: str) -> bool:
        """Whether a run on ``ref`` may use it."""
        return not self.branches or ref.removeprefix("refs/heads/") in self.branches


@dataclass
class Watcher:
    """Does ``action`` once, when ``text`` is in the output of a running step of the job at ``path``."""

    path: str
    text: str
    action: Callable[[Job], None]


@dataclass
class Service:
    """A GitHub of one repository, kept under ``root``.

    ``repository`` is a git repository whose commits are checked out; ``venv`` the environment that stands
    for the cached ``.venv``; ``variables`` the repository's variables (the ``vars`` context). A job whose path
    is in ``lost`` fails once, after its last step, as if its machine had gone away. ``minute`` is how many
    seconds a minute of a time-out lasts; ``machine`` holds variables that its machines have beside those of GitHub's.
    """

    root: Path
    repository: Path
    venv: Path
    variables: dict[str, str] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    name: str = "owner/project"
    lost: set[str] = field(default_factory=set)
    minute: float = 60.0
    machine: dict[str, str] = field(default_factory=dict)
    watchers: list[Watcher] = field(default_factory=list)
    deployments: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "runs").mkdir(parents=True, exist_ok=True)
        self._ids = itertools.count(1 + max((int(run.name) for run in self.root.glob("runs/*")), default=0))
        self.runs: dict[int, Run] = {}
        self.groups = Groups()
        self._live: list[tuple[Run, Generator[None, None, None]]] = []
        self._advancing: list[Run] = []
        if not self.api.exists():
            self.api.write_text(json.dumps({"pulls": [], "comments": []}))

    @property
    def api(self) -> Path:
        """JSON file behind the few REST calls that the stand-in for github-script answers."""
        return self.root / "api.json"

    @property
    def caches(self) -> Path:
        """Folder with a folder a cache key."""
        return self.root / "caches"

    @property
    def site(self) -> Path:
        """Folder that GitHub Pages serves; there is none before the first deployment."""
        return self.root / "site"

    def artifacts(self, run_id: int) -> Path:
        """Folder with a folder an artifact of that run."""
        return self.root / "artifacts" / str(run_id)

    def run(
        self,
        workflow: str,
        event: str,
        *,
        payload: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        ref: str = "refs/heads/main",
        commit: str = "HEAD",
        given: Mapping[str, str] | None = None,
        actor: str = "someone",
        held_back: bool = False,
    ) -> Run:
        """Run ``workflow`` (a file name) as it stands at ``commit``, for ``event``, as far as it goes now.

        ``given`` names jobs that are not run but have this result. A run that is ``held_back`` waits for a
        maintainer, as the first one of a new contributor does.
        """
        sha = self.git("rev-parse", commit)
        run_id = next(self._ids)
        files = self.root / "runs" / str(run_id) / "files"
        self.git("clone", "--quiet", "--shared", "--no-checkout", str(self.repository), str(files))
        self.git("-C", str(files), "checkout", "--quiet", "--detach", sha)
        document = read_workflow(files / ".github/workflows" / workflow)
        if event not in document["on"]:
            raise Refused(f"{workflow}: does not run on {event}")
        manual = document["on"].get("workflow_dispatch") or {}
        if event == "workflow_dispatch":
            event_inputs = _dispatch_inputs(manual, dict(inputs or {}), workflow)
        else:
            event_inputs = dict.fromkeys(manual.get("inputs") or {})
        payload = dict(payload or {})
        github = context(self.name, workflow, document, event, payload, event_inputs, ref, sha, run_id, actor)
        untrusted = is_untrusted(event, payload, self.name, actor)
        run = Run(self, files, document, github, event_inputs, dict(given or {}), untrusted, held_back=held_back)
        self.runs[run_id] = run
        self._live.append((run, execution(run, {})))
        self.settle()
        return run

    def push(self, changed: list[str], **options: Any) -> list[Run]:
        """The runs that a push to main with these changed files starts."""
        names = sorted(path.name for path in (self.repository / ".github/workflows").glob("*.yml"))
        documents = {name: read_workflow(self.repository / ".github/workflows" / name) for name in names}
        started = [name for name in names if starts(documents[name], "push", "refs/heads/main", changed)]
        return [self.run(name, "push", **options) for name in started]

    def settle(self) -> None:
        """Let every run go on as far as it can: until each is done, or waits for an approval or its turn."""
        moved = True
        while moved:
            moved = False
            for run, generator in list(self._live):
                if run.held_back or run in self._advancing:
                    continue
                before = (len(run.jobs), dict(run.waiting))
                self._advancing.append(run)
                try:
                    next(generator)
                except StopIteration:
                    self._live.remove((run, generator))
                    moved = True
                finally:
                    self._advancing.remove(run)
                moved |= before != (len(run.jobs), dict(run.waiting))

    def approve(self, run: Run, environment: str, *, yes: bool = True) -> None:
        """A reviewer decides on the jobs of ``run`` that wait for ``environment`` now."""
        waiting = [path for path, why in run.waiting.items() if why == environment]
        if not waiting:
            raise Refused(f"nothing of the run waits for {environment!r}; it waits for {run.waiting}")
        run.decided |= dict.fromkeys(waiting, yes)
        self.settle()

    def let_run(self, run: Run) -> None:
        """A maintainer lets the held back run of a new contributor go on."""
        run.held_back = False
        self.settle()

    def cancel(self, run: Run) -> None:
        """Somebody presses the button of a run that waits."""
        run.cancel()
        self.settle()

    def watch(self, job: Job, step: str, output: str) -> None:
        """Do what is to be done when a running step says a certain thing."""
        for watcher in list(self.watchers):
            if watcher.path == job.path and watcher.text in output:
                self.watchers.remove(watcher)
                watcher.action(job)

    def rerun_failed(self, run: Run) -> Run:
        """Run the failed jobs of ``run`` and what depends on them again; the rest keeps its results."""
        return self._rerun(run, run.jobs)

    def rerun_all(self, run: Run) -> Run:
        """Run every job of ``run`` again, at the same commit."""
        return self._rerun(run, {})

    def _rerun(self, run: Run, previous: Mapping[str, JobResult]) -> Run:
        again = {**run.github, "run_attempt": str(int(run.github["run_attempt"]) + 1)}
        attempt = Run(self, run.files, run.document, again, run.inputs, run.given, run.untrusted)
        self.runs[int(run.github["run_id"])] = attempt
        self._live.append((attempt, execution(attempt, previous)))
        self.settle()
        return attempt

    def record_deployment(self, run: Run, environment: Any, result: JobResult) -> None:
        """Remember the deployment that a job of an environment makes, unless it says that it makes none."""
        if environment and not (isinstance(environment, dict) and environment.get("deployment") is False):
            named = {"environment": result.environment, "url": result.url, "run": run.github["run_id"]}
            self.deployments.append({**named, "state": result.result})

    def git(self, *arguments: str) -> str:
        """Output of a git command in the repository."""
        done = subprocess.run(["git", *arguments], cwd=self.repository, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(f"git {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()


def _dispatch_inputs(trigger: Mapping[str, Any], given: dict[str, Any], where: str) -> dict[str, Any]:
    """Inputs of a manual run, defaults filled in; refused are unknown, missing and impossible ones."""
    declared = trigger.get("inputs") or {}
    if unknown := sorted(set(given) - set(declared)):
        raise Refused(f"{where}: no input {unknown[0]!r}")
    values: dict[str, Any] = {}
    for name, spec in declared.items():
        kind = spec.get("type", "string")
        value = given.get(name, spec.get("default", False if kind == "boolean" else ""))
        if spec.get("required") and value == "":
            raise Refused(f"{where}: input {name!r} is required")
        if kind == "choice" and value not in spec["options"]:
            raise Refused(f"{where}: input {name!r} is {value!r}; options are {spec['options']}")
        values[name] = value
    return values
