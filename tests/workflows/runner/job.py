"""Run one job: its steps in order, in a fresh workspace, with the files that GitHub gives each step."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.actions import ACTIONS
from runner.errors import Refused
from runner.expressions import Closed, Evaluator, condition, to_text, truthy
from runner.syntax import read_action

if TYPE_CHECKING:
    from runner.engine import Run

_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
_PASSED_ON = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")


@dataclass
class JobResult:
    """How a job ended: ``result`` is GitHub's word, ``exit_codes`` those of its run steps, by name."""

    result: str
    name: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    environment: str = ""
    exit_codes: dict[str, int] = field(default_factory=dict)
    attempt: int = 1


class Job:
    """A job while it runs; ``workspace`` is where its checkout goes."""

    def __init__(self, run: Run, document: dict, spec: dict, contexts: dict[str, Any], name: str):
        self.run, self.name = run, name
        self.root = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_folder(run.service.root / "jobs")))
        self.workspace = _folder(self.root / "work" / run.service.name.split("/")[1])
        self.result, self.log = JobResult("success"), []
        self.post: list[Callable[[], None]] = []
        self.steps: dict[str, Any] = {}
        github = Closed({**contexts["github"], "job": name, "workspace": str(self.workspace)})
        runner = Closed(os="Linux", arch="X64", temp=str(_folder(self.root / "temp")), environment="github-hosted")
        secrets = Closed(GITHUB_TOKEN=github["token"])
        self.contexts = {**contexts, "github": github, "runner": runner, "secrets": secrets}
        self.env = self._texts(document.get("env", {}), self.contexts)
        self.env |= self._texts(spec.get("env", {}), {**self.contexts, "env": self.env})
        levels = (document.get("defaults", {}).get("run", {}), spec.get("defaults", {}).get("run", {}))
        self.defaults = {key: value for level in levels for key, value in level.items()}
        environment = Evaluator(self.contexts).interpolate(spec.get("environment", ""))
        self.result.environment = environment["name"] if isinstance(environment, dict) else environment
        self.timeout = 60.0 * float(Evaluator(self.contexts).interpolate(spec.get("timeout-minutes", 360)))

    def run_steps(self, steps: list[dict], contexts: dict[str, Any], found: dict[str, Any]) -> bool:
        """Run ``steps``; their results go to ``found``, the ``steps`` context. False when one failed."""
        failed = False
        for number, step in enumerate(steps, 1):
            scope = {**contexts, "env": self.env, "steps": found, "job": Closed(status=self.result.result)}
            status = _step_status(failed)
            evaluator = Evaluator(scope, {**status, "hashFiles": self.hash_files})
            name = to_text(evaluator.interpolate(step.get("name", step.get("uses", step.get("run")))))
            entry = {"outputs": {}, "outcome": "skipped", "conclusion": "skipped"}
            if condition(evaluator, step.get("if")):
                self.log.append(f"--- {name}")
                ok = self._run_step(step, evaluator, entry["outputs"], name)
                forgiven = truthy(evaluator.interpolate(step.get("continue-on-error", False)))
                entry["outcome"] = "success" if ok else "failure"
                entry["conclusion"] = "success" if ok or forgiven else "failure"
                failed |= entry["conclusion"] == "failure"
                if failed:
                    self.result.result = "failure"
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
        files = {key: self.root / f"{key}.txt" for key in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")}
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
        process = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | self._github_variables()
        process |= env | {f"GITHUB_{key}": str(file) for key, file in files.items()}
        limit = min(self.timeout, 60.0 * float(evaluator.interpolate(step.get("timeout-minutes", 360))))
        try:
            done = subprocess.run(
                [*_SHELLS[shell], str(script)], cwd=folder, env=process, timeout=limit, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            self.log.append(f"{error.stdout or ''}\ntimed out after {limit:.0f} s")
            return False
        self.log.append(done.stdout)
        self.result.exit_codes[name] = done.returncode
        self.result.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        outputs |= read_variables(files["OUTPUT"])
        self.env |= read_variables(files["ENV"])
        if files["PATH"].read_text(encoding="utf-8"):
            raise Refused(f"step {name!r} writes GITHUB_PATH, which the runner does not act on")
        return done.returncode == 0

    def _github_variables(self) -> dict[str, str]:
        github = self.contexts["github"]
        event = self.root / "event.json"
        event.write_text(to_text(Evaluator({"e": github["event"]}).evaluate("toJSON(e)")), encoding="utf-8")
        names = (
            "actor", "api_url", "base_ref", "event_name", "head_ref", "job", "ref", "ref_name", "repository",
            "repository_owner", "run_attempt", "run_id", "server_url", "sha", "workflow", "workspace",
        )  # fmt: skip
        variables = {f"GITHUB_{name.upper()}": to_text(github[name]) for name in names}
        variables |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)}
        return variables | {"RUNNER_OS": "Linux", "RUNNER_TEMP": self.contexts["runner"]["temp"]}

    def hash_files(self, *patterns: str) -> str:
        """``hashFiles``: one digest of the matching files of the workspace, '' where none matches."""
        found = sorted({p for pattern in patterns for p in self.workspace.glob(pattern) if p.is_file()})
        digests = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in found)
        return hashlib.sha256(digests).hexdigest() if found else ""

    def _texts(
        self, env: Mapping[str, Any], contexts: dict | None = None, evaluator: Evaluator | None = None
    ) -> dict[str, str]:
        evaluator = evaluator or Evaluator(contexts or {})
        return {key: to_text(evaluator.interpolate(value)) for key, value in env.items()}


def run_job(run: Run, document: dict, spec: dict, contexts: dict[str, Any], path: str, name: str) -> JobResult:
    """Run job ``name``, as ``spec`` says, at ``path`` of the run; its folder is removed afterwards."""
    job = Job(run, document, spec, contexts, name)
    for key in ("runs-on", "permissions", "concurrency"):
        Evaluator(contexts).interpolate(spec.get(key, document.get(key)))
    job.result.name = to_text(Evaluator(contexts).interpolate(spec.get("name", name)))
    job.run_steps(spec["steps"], job.contexts, job.steps)
    if path in run.service.lost:
        run.service.lost.remove(path)
        job.log.append("The runner lost the connection.")
        job.result.result = "failure"
    if job.result.result == "success":
        for action in reversed(job.post):
            action()
    evaluator = Evaluator({**job.contexts, "env": job.env, "steps": job.steps})
    job.result.outputs = {k: to_text(evaluator.interpolate(v)) for k, v in spec.get("outputs", {}).items()}
    if truthy(spec.get("continue-on-error", False)) and job.result.result == "failure":
        job.result.result = "success"
    job.result.log = "\n".join(job.log)
    shutil.rmtree(job.root, ignore_errors=True)
    return job.result


def read_variables(path: Path) -> dict[str, str]:
    """Entries of a ``GITHUB_OUTPUT`` or ``GITHUB_ENV`` file: ``key=value`` and ``key<<END`` blocks."""
    entries: dict[str, str] = {}
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if block := re.fullmatch(r"([^=<]+)<<(.+)", line):
            text = []
            for inner in lines:
                if inner == block[2]:
                    break
                text.append(inner)
            else:
                raise Refused(f"{path.name}: no closing {block[2]!r} for {block[1]!r}")
            entries[block[1]] = "\n".join(text)
        elif "=" in line:
            key, _, entries_value = line.partition("=")
            entries[key] = entries_value
        elif line:
            raise Refused(f"{path.name}: {line!r} is neither key=value nor key<<END")
    return entries


def _step_status(failed: bool) -> dict[str, Callable[[], bool]]:
    return {
        "always": lambda: True,
        "success": lambda: not failed,
        "failure": lambda: failed,
        "cancelled": lambda: False,
    }


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
