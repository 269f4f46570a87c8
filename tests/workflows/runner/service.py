"""What GitHub keeps between jobs and between runs: the repository, variables, artifacts, caches, pulls."""

import itertools
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.engine import Run, execute
from runner.errors import Refused
from runner.syntax import read_workflow


@dataclass
class Service:
    """A GitHub of one repository, kept under ``root``.

    ``repository`` is a git repository whose commits are checked out; ``venv`` the environment that stands
    for the cached ``.venv``; ``variables`` the repository's variables (the ``vars`` context). A job whose path
    is in ``lost`` fails once, after its last step, as if its machine had gone away.
    """

    root: Path
    repository: Path
    venv: Path
    variables: dict[str, str] = field(default_factory=dict)
    name: str = "owner/project"
    lost: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        (self.root / "runs").mkdir(parents=True, exist_ok=True)
        self._ids = itertools.count(1 + max((int(run.name) for run in self.root.glob("runs/*")), default=0))
        self.runs: dict[int, Run] = {}
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
    ) -> Run:
        """Run ``workflow`` (a file name) as it stands at ``commit``, for ``event``.

        ``given`` names jobs that are not run but have this result, e.g. the job that runs this test suite.
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
        base_ref = (payload or {}).get("pull_request", {}).get("base", {}).get("ref", "")
        github = {
            "event": {**(payload or {}), "inputs": event_inputs},
            "event_name": event,
            "ref": ref,
            "ref_name": ref.split("/", 2)[-1],
            "sha": sha,
            "head_ref": (payload or {}).get("pull_request", {}).get("head", {}).get("ref", ""),
            "base_ref": base_ref,
            "repository": self.name,
            "repository_owner": self.name.split("/")[0],
            "run_id": str(run_id),
            "run_attempt": "1",
            "workflow": document.get("name", workflow),
            "actor": "someone",
            "token": "a-token",
            "server_url": "https://github.com",
            "api_url": "https://api.github.com",
        }
        run = Run(self, files, document, github, event_inputs, dict(given or {}))
        self.runs[run_id] = run
        execute(run, {})
        return run

    def rerun_failed(self, run: Run) -> Run:
        """Run the failed jobs of ``run`` and what depends on them again; the rest keeps its results."""
        again = {**run.github, "run_attempt": str(int(run.github["run_attempt"]) + 1)}
        attempt = Run(self, run.files, run.document, again, run.inputs, run.given)
        self.runs[int(run.github["run_id"])] = attempt
        execute(attempt, run.jobs)
        return attempt

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
