"""Components: what the service keeps of a specification, and what it answers of it."""

import hashlib
import json
import uuid
from typing import Any

from emulator.state import keys
from emulator.state.lookup import environment_id, stored_component
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request, not_found, unsupported
from emulator.wire.http import JsonObject

ANONYMOUS = "azureml_anonymous"
_NOT_ANSWERED = ("_source", "jobs", "sourceJobId", "source_job_id", "properties", "id", "creation_context")
# The service makes a parallel component of a flow; no recording shows which.
_FLOW = "promptflow_parallel"
_DISTRIBUTIONS = {"mpi": "Mpi", "pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def anonymous_version(spec: JsonObject) -> str:
    """Name an anonymous component by its name and content, so that the same content is the same component."""
    content = {key: value for key, value in spec.items() if key != "version"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def answer(workspace: Workspace, version: str, requested: JsonObject) -> JsonObject:
    """Check a component's specification and write it as the service does: every value a string.

    Raises:
        ServiceError: it is a flow, or names code, an environment or a component that does not exist.
    """
    spec = requested.get("componentSpec") or {}
    if not spec.get("type"):
        raise bad_request("componentSpec.type is required.", "ArgumentBlankOrEmpty")
    if spec["type"] == _FLOW:
        raise unsupported(f"A component of type {_FLOW}")
    _check_references(workspace, spec)
    answered = {key: _as_text(value) for key, value in spec.items() if key not in _NOT_ANSWERED}
    answered["version"] = str(spec.get("version") or version)
    if "inputs" in spec:
        answered["inputs"] = {name: _input(port) for name, port in spec["inputs"].items()}
    if "outputs" in spec:
        answered["outputs"] = {name: _without_mode(port) for name, port in spec["outputs"].items()}
    if spec["type"] == "command":
        answered["resources"] = {"instance_count": "1", **answered.get("resources", {})}
        answered["resources"].pop("instance_type", None)
        answered["environment"] = environment_id(workspace, str(spec.get("environment", "")))
        if kind := answered.get("distribution", {}).get("type"):
            answered["distribution"]["type"] = _DISTRIBUTIONS.get(kind.lower(), kind)
    if spec["type"] == "parallel":
        answered.pop("resources", None)
        if task_environment := (spec.get("task") or {}).get("environment"):
            answered["task"]["environment"] = environment_id(workspace, str(task_environment))
    if spec["type"] == "pipeline":
        answered["is_deterministic"] = _as_text(spec.get("is_deterministic", False))
    return {"componentSpec": answered}


def _input(port: JsonObject) -> JsonObject:
    answered = {"optional": "False", **_without_mode(port)}
    if str(answered.get("default")).startswith("azureml:"):
        answered["default"] = answered["default"].removeprefix("azureml:")
    return answered


def _without_mode(port: JsonObject) -> JsonObject:
    return {key: _as_text(value) for key, value in port.items() if key != "mode"}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return value if value is None else str(value)


def _check_references(workspace: Workspace, spec: JsonObject) -> None:
    code = str(spec.get("code") or "")
    if parsed := parse_asset_id(code):
        absent = not_found(f"Not found code {parsed[1]} (version: {parsed[2]}).", "NotFound", "CodeNotFound")
        workspace.store.find(keys.code(parsed[1], parsed[2]), absent)
    for node in (spec.get("jobs") or {}).values():
        if component_id := node.get("componentId"):
            stored_component(workspace, str(component_id))
