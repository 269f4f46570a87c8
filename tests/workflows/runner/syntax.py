"""Read workflow and action files, and refuse every key that the runner does not act on."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from runner.errors import Refused

_WORKFLOW = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
_JOB = {
    "name", "needs", "if", "runs-on", "permissions", "environment", "concurrency", "outputs", "env",
    "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error",
}  # fmt: skip
_CALL = {"name", "needs", "if", "permissions", "concurrency", "strategy", "uses", "with"}
_STEP = {
    "id", "name", "if", "uses", "with", "run", "env", "shell", "working-directory", "continue-on-error",
    "timeout-minutes",
}  # fmt: skip
_CONCURRENCY = {"group", "cancel-in-progress", "queue"}
_ACTION = {"name", "description", "inputs", "outputs", "runs"}
_EVENTS = {"push", "pull_request", "workflow_run", "workflow_dispatch", "workflow_call", "schedule", "merge_group"}


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans: `on` is a key, not true."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read_workflow(path: Path) -> dict[str, Any]:
    """The workflow at ``path``, every key of it known to the runner."""
    document = _read(path)
    _known(document, _WORKFLOW, path.name)
    document["on"] = _mapping(document.get("on"), f"{path.name}: on")
    _known(document["on"], _EVENTS, f"{path.name}: on")
    _detail(document.get("concurrency"), _CONCURRENCY, f"{path.name}: concurrency")
    for job_id, job in _mapping(document.get("jobs"), f"{path.name}: jobs").items():
        where = f"{path.name}: job {job_id}"
        _known(_mapping(job, where), _CALL if "uses" in job else _JOB, where)
        _known(job.get("strategy", {}), {"matrix", "fail-fast", "max-parallel"}, f"{where}: strategy")
        if "uses" not in job:
            _steps(job.get("steps"), where)
            _detail(job.get("environment"), {"name", "url", "deployment"}, f"{where}: environment")
        _detail(job.get("concurrency"), _CONCURRENCY, f"{where}: concurrency")
        for need in needs(job):
            if need not in document["jobs"]:
                raise Refused(f"{where}: needs {need!r}, which is no job of this workflow")
    return document


def read_action(folder: Path) -> dict[str, Any]:
    """The composite action in ``folder``."""
    path = next((p for p in (folder / "action.yml", folder / "action.yaml") if p.exists()), None)
    if path is None:
        raise Refused(f"uses {folder.name}: no action.yml in {folder}")
    document = _read(path)
    _known(document, _ACTION, path.name)
    runs = _mapping(document.get("runs"), f"{path}: runs")
    if runs.get("using") != "composite":
        raise Refused(f"{path}: runs.using {runs.get('using')!r}; only composite actions are known")
    _steps(runs.get("steps"), str(path))
    for step in runs["steps"]:
        if "run" in step and "shell" not in step:
            raise Refused(f"{path}: a run step of a composite action needs its shell")
    return document


def needs(job: Mapping[str, Any]) -> list[str]:
    """Ids of the jobs that ``job`` waits for."""
    value = job.get("needs", [])
    return [value] if isinstance(value, str) else list(value)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise Refused(f"{path}: no such file")
    return _mapping(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader), path.name)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, list):
        value = dict.fromkeys(value)
    if isinstance(value, str):
        value = {value: None}
    if not isinstance(value, dict):
        raise Refused(f"{where}: expected a mapping, found {value!r}")
    return value


def _steps(steps: Any, where: str) -> None:
    if not isinstance(steps, list) or not steps:
        raise Refused(f"{where}: no steps")
    for number, step in enumerate(steps, 1):
        _known(_mapping(step, where), _STEP, f"{where}: step {number}")
        if ("run" in step) == ("uses" in step):
            raise Refused(f"{where}: step {number} needs exactly one of run and uses")


def _known(mapping: Mapping[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(mapping) - known):
        raise Refused(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _detail(value: Any, known: set[str], where: str) -> None:
    if isinstance(value, dict):
        _known(value, known, where)
