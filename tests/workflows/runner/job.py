"""Run one job: its steps in order, in a fresh workspace, with the files that GitHub gives each step."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from runner import hosted, tokens
from runner.actions import ACTIONS
from runner.errors import Refused
from runner.expressions import Closed, Evaluator, to_text, truthy
from runner.files import annotations, hash_files, read_variables
from runner.process import kill_orphans, run_process
from runner.syntax import read_action

if TYPE_CHECKING:
    from runner.engine import Run

_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
_PASSED_ON = ("PATH", "HOME", "SSL_CERT_FILE")


@dataclass
class JobResult:
    """How a job ended: ``result`` is GitHub's word, ``exit_codes`` those of its run steps, by name.

    ``stop_seconds`` says how long each step that was told to stop took for it, ``seconds`` how long the job took.
    """

    result: str
    name: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    environment: str = ""
    machine: str = ""
    url: str = ""
    exit_codes: dict[str, int] = field(default_factory=dict)
    stop_seconds: dict[str, float] = field(default_factory=dict)
    annotations: list[str] = field(default_factory=list)
    attempt: int = 1
    orphans: int = 0
    seconds: float = 0.0


class Job:
    """A job while it runs; ``workspace`` is where its checkout goes, ``granted`` what its token may do."""

    def __init__(
        self, run: Run, document: dict, spec: dict, early: dict[str, Any], variables: dict, path: str, granted: dict
    ):
        self.run, self.path, self.name, self.granted = run, path, path.rpartition("/")[2].partition("[")[0], granted
        self.root = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=_folder(run.service.root / "jobs")))
        self.workspace = _folder(self.root / "work" / run.service.name.split("/")[1])
        self.tracking_id = f"github_{uuid.uuid4()}"
        self.result, self.log = JobResult("success"), []
        self.post: list[Callable[[], None]] = []
        self.steps: dict[str, Any] = {}
        self.stopped, self.outlives = "", False
        # What starts in a cancelled run, because it always does, runs like any other job.
        self.came_after = run.cancelled
        contexts = {**early, "vars": variables}
        github = Closed({**contexts["github"], "job": self.name, "workspace": str(self.workspace)})
        runner = Closed(os="Linux", arch="X64", temp=str(_folder(self.root / "temp")), environment="github-hosted")
        self.contexts = {**contexts, "github": github, "runner": runner, "secrets": run.secrets}
        # Variables of an environment reach its jobs, yet not what the workflow sets for all of them.
        repository = {**self.contexts, "vars": run.variables}
        self.env = self._texts(document.get("env", {}), repository)
        self.env |= self._texts(spec.get("env", {}), self.contexts)
        levels = (document.get("defaults", {}).get("run", {}), spec.get("defaults", {}).get("run", {}))
        self.defaults = {key: value for level in levels for key, value in level.items()}
        self.timeout = self._minutes(spec, Evaluator(early))
        named = spec.get("environment") or ""
        environment = Evaluator(early).interpolate(named["name"] if isinstance(named, dict) else named)
        # As repositories made since July 2026 have it: with the ids of the owner and of the repository.
        owner, name = (github[key] for key in ("repository_owner", "repository"))
        owner, name = f"{owner}@{github['repository_owner_id']}", f"{name.split('/')[1]}@{github['repository_id']}"
        place = f"environment:{to_text(environment)}" if environment else f"ref:{github['ref']}"
        self.subject = f"repo:{owner}/{name}:{place}"
        self.begun = time.monotonic()

    def _minutes(self, spec: Mapping[str, Any], evaluator: Evaluator) -> float:
        return self.run.service.minute * float(evaluator.interpolate(spec.get("timeout-minutes", 360)))

    def run_steps(self, steps: list[dict], contexts: dict[str, Any], found: dict[str, Any]) -> bool:
        """Run ``steps``; their results go to ``found``, the ``steps`` context. False when one failed."""
        failed = False
        for number, step in enumerate(steps, 1):
            scope = {**contexts, "env": self.env, "steps": found, "job": Closed(status=self.result.result)}
            stopped = bool(self.stopped) or (self.run.cancelled and not self.came_after)
            succeeds = not failed and not (stopped and found is self.steps)
            status = {"always": True, "success": succeeds, "failure": failed and not stopped, "cancelled": stopped}
            evaluator = Evaluator(scope, status, partial(hash_files, self.workspace))
            name = to_text(evaluator.interpolate(step.get("name", step.get("uses", step.get("run")))))
            entry = {"outputs": {}, "outcome": "skipped", "conclusion": "skipped"}
            if evaluator.condition(step.get("if")):
                self.log.append(f"--- {name}")
                if found is self.steps:
                    # A step that would run in a cancelled job goes on when its job is cancelled, and all in it.
                    after = {"always": True, "success": False, "failure": False, "cancelled": True}
                    self.outlives = Evaluator(scope, after, evaluator.hash_files).condition(step.get("if"))
                ok = self._run_step(step, evaluator, entry["outputs"], name)
                forgiven = truthy(evaluator.interpolate(step.get("continue-on-error", False)))
                entry["outcome"] = "success" if ok else "cancelled" if self.stopped else "failure"
                entry["conclusion"] = "success" if ok or (forgiven and not self.stopped) else entry["outcome"]
                failed |= entry["conclusion"] != "success"
                if failed:
                    self.result.result = "cancelled" if self.stopped else "failure"
            found[step.get("id", f"__{number}")] = entry
        return not failed

    def _run_step(self, step: dict, evaluator: Evaluator, outputs: dict[str, str], name: str) -> bool:
        env = {**self.env, **self._texts(step.get("env", {}), evaluator=evaluator)}
        if "run" in step:
            return self._shell(step, evaluator, env, outputs, name)
        given = {key: to_text(value) for key, value in evaluator.interpolate(step.get("with", {})).items()}
        if step["uses"].startswith(("./", "$/")):
            return self._composite(step["uses"], given, outputs, env)
        action = step["uses"].split("@")[0]
        if action not in ACTIONS:
            raise Refused(f"uses {step['uses']!r}; known are {', '.join(sorted(ACTIONS))}")
        allowed, act = ACTIONS[action]
        if unknown := sorted(set(given) - allowed):
            raise Refused(f"uses {action}: unknown input {unknown[0]!r}; known are {', '.join(sorted(allowed))}")
        try:
            outputs |= act(self, given, env) or {}
        except OSError as error:
            self.log.append(f"{action}: {error}")
            return False
        return True

    def _composite(self, uses: str, given: dict[str, str], outputs: dict, env: dict[str, str]) -> bool:
        folder = (self.run.files if uses.startswith("$/") else self.workspace) / uses[2:]
        action = read_action(folder)
        declared = action.get("inputs", {})
        if unknown := sorted(set(given) - set(declared)):
            raise Refused(f"uses {uses}: no input {unknown[0]!r}")
        if missing := [n for n, s in declared.items() if s.get("required") and n not in given]:
            raise Refused(f"uses {uses}: needs input {missing[0]!r}")
        inputs = {n: given.get(n, to_text(spec.get("default"))) for n, spec in declared.items()}
        kept = {key: self.contexts[key] for key in ("matrix", "runner") if key in self.contexts}
        github = Closed({**self.contexts["github"], "action_path": str(folder)})
        contexts, found = {**kept, "github": github, "inputs": Closed(inputs)}, {}
        before, self.env = self.env, env
        ok = self.run_steps(action["runs"]["steps"], contexts, found)
        self.env = {**before, **{k: v for k, v in self.env.items() if k not in env}}
        evaluator = Evaluator({**contexts, "steps": found})
        outputs |= {k: to_text(evaluator.interpolate(o["value"])) for k, o in action.get("outputs", {}).items()}
        return ok

    def _shell(self, step: dict, evaluator: Evaluator, env: dict, outputs: dict, name: str) -> bool:
        files = {key: self.root / f"{key}.txt" for key in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH", "STATE")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.root / "step.sh"
        script.write_text(to_text(evaluator.interpolate(step["run"])), encoding="utf-8")
        shell = step.get("shell", self.defaults.get("shell"))
        if shell not in _SHELLS:
            raise Refused(f"step {name!r}: shell {shell!r}; known is bash")
        folder = self.workspace / to_text(
            evaluator.interpolate(step.get("working-directory", self.defaults.get("working-directory", ".")))
        )
        process = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | self._hosted()
        process |= self.run.service.machine
        process |= env | {f"GITHUB_{key}": str(file) for key, file in files.items()}
        limit = self._minutes(step, evaluator)

        def stop(output: str, seconds: float) -> str:
            self.run.service.watch(self, name, output)
            if self.run.cancelled and not (self.stopped or self.outlives or self.came_after):
                return "cancelled"
            left = self.timeout - (time.monotonic() - self.begun)
            return "timed out" if seconds > limit or (left < 0 and not self.stopped) else ""

        done = run_process([*_SHELLS[shell], str(script)], folder, process, self.root / "log.txt", stop)
        self.log.append(done.output)
        if done.stopped:
            self.log.append(f"{done.stopped}; it ended {done.seconds:.1f} s later")
            self.result.stop_seconds[name] = done.seconds
            if done.stopped == "cancelled" or time.monotonic() - self.begun > self.timeout:
                self.stopped = done.stopped
        self.result.exit_codes[name] = done.code
        self.result.annotations += annotations(done.output)
        self.result.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        outputs |= read_variables(files["OUTPUT"])
        self.env |= read_variables(files["ENV"])
        if files["PATH"].read_text(encoding="utf-8"):
            raise Refused(f"step {name!r} writes GITHUB_PATH, which the runner does not act on")
        return done.code == 0 and not done.stopped

    def _hosted(self) -> dict[str, str]:
        event = self.root / "event.json"
        event.write_text(json.dumps(self.contexts["github"]["event"]), encoding="utf-8")
        github = {key: to_text(value) for key, value in self.contexts["github"].items() if key != "event"}
        given = hosted.variables(github, self.root, event, self.tracking_id)
        if self.granted.get("id-token") == "write":
            url = f"{tokens.address()}?api-version=2.0&{urlencode({'sub': self.subject})}"
            given |= {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
        return given | (hosted.PYTHON if (self.workspace / ".venv").exists() else {})

    def _texts(
        self, env: Mapping[str, Any], contexts: dict | None = None, evaluator: Evaluator | None = None
    ) -> dict[str, str]:
        evaluator = evaluator or Evaluator(contexts or {})
        return {key: to_text(evaluator.interpolate(value)) for key, value in env.items()}


def run_job(
    run: Run, document: dict, spec: dict, early: dict[str, Any], variables: dict, path: str, granted: dict
) -> JobResult:
    """Run a job, as ``spec`` says, at ``path`` of the run; its folder is removed afterwards.

    ``early`` are the contexts before a machine takes the job, with the repository's variables; ``variables`` holds
    those of the job's environment too.
    """
    job = Job(run, document, spec, early, variables, path, granted)
    evaluator = Evaluator(early)
    job.result.machine = to_text(evaluator.interpolate(spec["runs-on"]))
    job.result.name = to_text(evaluator.interpolate(spec.get("name", job.name)))
    job.run_steps(spec["steps"], job.contexts, job.steps)
    if path in run.service.lost:
        run.service.lost.remove(path)
        job.log.append("The runner lost the connection.")
        job.result.result = "failure"
    if job.result.result == "success":
        for action in reversed(job.post):
            action()
    job.result.orphans = len(kill_orphans(job.tracking_id))
    evaluator = Evaluator({**job.contexts, "env": job.env, "steps": job.steps})
    job.result.outputs = {k: to_text(evaluator.interpolate(v)) for k, v in spec.get("outputs", {}).items()}
    environment = spec.get("environment")
    if isinstance(environment, dict):
        job.result.url = to_text(evaluator.interpolate(environment.get("url", "")))
    if truthy(spec.get("continue-on-error", False)) and job.result.result == "failure":
        job.result.result = "success"
    job.result.log = "\n".join(job.log)
    job.result.seconds = time.monotonic() - job.begun
    shutil.rmtree(job.root, ignore_errors=True)
    return job.result


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
