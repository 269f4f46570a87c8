"""Components: the properties that a response shows of a component's specification."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

from emulator.state import keys
from emulator.state.lookup import environment_id, stored_component
from emulator.state.plans import PARENT_OUTPUT
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request, not_found, unsupported
from emulator.wire.http import JsonObject

ANONYMOUS = "azureml_anonymous"
_HIDDEN = ("_source", "jobs", "sourceJobId", "source_job_id", "properties", "id", "creation_context")
# The service makes a parallel component of a flow; no recording shows which.
_FLOW = "promptflow_parallel"


def anonymous_version(spec: JsonObject) -> str:
    """Return the version of an anonymous component; equal specifications get equal versions."""
    content = {key: value for key, value in spec.items() if key != "version"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def component_properties(workspace: Workspace, version: str, requested: JsonObject) -> JsonObject:
    """Return the properties of a component as the service shows them, with every value as a string.

    Raises:
        ServiceError: it is a flow, or names code, an environment or a component that does not exist.
    """
    spec = requested.get("componentSpec") or {}
    if not spec.get("type"):
        raise bad_request("componentSpec.type is required.", "ArgumentBlankOrEmpty")
    if spec["type"] == _FLOW:
        raise unsupported(f"A component of type {_FLOW}")
    _check_references(workspace, spec)
    shown = {key: _as_text(value) for key, value in spec.items() if key not in _HIDDEN}
    shown["version"] = str(spec.get("version") or ("0" if requested.get("isAnonymous") else version))
    for ports in ("inputs", "outputs"):
        if not spec.get(ports):
            shown.pop(ports, None)
    if spec.get("inputs"):
        shown["inputs"] = {name: _input(port) for name, port in spec["inputs"].items()}
    if spec.get("outputs"):
        shown["outputs"] = {name: _without_mode(port) for name, port in spec["outputs"].items()}
    if spec["type"] == "command":
        shown["resources"] = {"instance_count": "1", **shown.get("resources", {})}
        shown["resources"].pop("instance_type", None)
        shown["environment"] = environment_id(workspace, str(spec.get("environment", "")))
        if kind := shown.get("distribution", {}).get("type"):
            shown["distribution"]["type"] = kind[:1].upper() + kind[1:]
    if spec["type"] == "parallel":
        shown.pop("resources", None)
        if task_environment := (spec.get("task") or {}).get("environment"):
            shown["task"]["environment"] = environment_id(workspace, str(task_environment))
    if spec["type"] == "pipeline":
        shown["is_deterministic"] = _as_text(spec.get("is_deterministic", False))
        for name in _early(workspace, spec.get("jobs") or {}):
            if name in shown.get("outputs", {}):
                shown["outputs"][name]["early_available"] = "True"
    return {"componentSpec": shown}


def _early(workspace: Workspace, jobs: JsonObject) -> Iterator[str]:
    """Yield the outputs of a pipeline component that come from an output which is available before its step ends."""
    for job in jobs.values():
        for port, given in (job.get("outputs") or {}).items():
            target = PARENT_OUTPUT.fullmatch(str(given.get("value") if isinstance(given, dict) else given))
            if target and job.get("componentId"):
                spec = stored_component(workspace, str(job["componentId"]))["requested"]["componentSpec"]
                if str((spec.get("outputs") or {}).get(port, {}).get("early_available")).lower() == "true":
                    yield target[1]


def _input(port: JsonObject) -> JsonObject:
    shown = {"optional": "False", **_without_mode(port)}
    if str(shown.get("default")).startswith("azureml:"):
        shown["default"] = shown["default"].removeprefix("azureml:")
    return shown


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
