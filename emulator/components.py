"""Components: what the service keeps of a specification, and what it answers of it."""

import hashlib
import json
import uuid
from typing import Any

from emulator.errors import ServiceError, bad_request, not_found, unsupported
from emulator.router import Call
from emulator.uris import parse_asset_id, resolve_asset

ANONYMOUS = "azureml_anonymous"
_NOT_ANSWERED = ("_source", "jobs", "sourceJobId", "source_job_id", "properties", "id", "creation_context")
RUNNABLE = ("command", "pipeline")
# The service makes a parallel component of a flow; no recording shows which.
_FLOW = "promptflow_parallel"
_DISTRIBUTIONS = {"mpi": "Mpi", "pytorch": "PyTorch", "tensorflow": "TensorFlow"}


def anonymous_version(spec: dict[str, Any]) -> str:
    """Name an anonymous component by its name and content, so that the same content is the same component."""
    content = {key: value for key, value in spec.items() if key != "version"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def answer(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """Check a component's specification and write it as the service does: every value a string.

    Raises:
        ServiceError: it is a flow, or names code, an environment or a component that does not exist.
    """
    spec = asked.get("componentSpec") or {}
    if not spec.get("type"):
        raise bad_request("componentSpec.type is required.", "ArgumentBlankOrEmpty")
    if spec["type"] == _FLOW:
        raise unsupported(f"A component of type {_FLOW}")
    _check_references(call, spec)
    answered = {key: _as_text(value) for key, value in spec.items() if key not in _NOT_ANSWERED}
    answered["version"] = str(spec.get("version") or call["version"])
    if "inputs" in spec:
        answered["inputs"] = {name: _input(port) for name, port in spec["inputs"].items()}
    if "outputs" in spec:
        answered["outputs"] = {name: _without_mode(port) for name, port in spec["outputs"].items()}
    if spec["type"] == "command":
        answered["resources"] = {"instance_count": "1", **answered.get("resources", {})}
        answered["resources"].pop("instance_type", None)
        answered["environment"] = environment_id(call, str(spec.get("environment", "")))
        if kind := answered.get("distribution", {}).get("type"):
            answered["distribution"]["type"] = _DISTRIBUTIONS.get(kind.lower(), kind)
    if spec["type"] == "parallel":
        answered.pop("resources", None)
        if task_environment := (spec.get("task") or {}).get("environment"):
            answered["task"]["environment"] = environment_id(call, str(task_environment))
    if spec["type"] == "pipeline":
        answered["is_deterministic"] = _as_text(spec.get("is_deterministic", False))
    return {"componentSpec": answered}


def _input(port: dict[str, Any]) -> dict[str, Any]:
    answered = {"optional": "False", **_without_mode(port)}
    if str(answered.get("default")).startswith("azureml:"):
        answered["default"] = answered["default"].removeprefix("azureml:")
    return answered


def _without_mode(port: dict[str, Any]) -> dict[str, Any]:
    return {key: _as_text(value) for key, value in port.items() if key != "mode"}


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    return value if value is None else str(value)


def environment_id(call: Call, reference: str) -> str:
    """Return the long id of an environment; curated ones live in a registry and are taken on trust.

    Raises:
        ServiceError: the workspace has no such environment.
    """
    if reference.startswith("azureml://registries/"):
        return reference
    found = parse_asset_id(reference)
    plain = reference.removeprefix("azureml:")
    if not found and plain.startswith("AzureML-"):
        name, _, version = plain.replace("@latest", ":1").partition(":")
        return f"azureml://registries/azureml/environments/{name}/versions/{version or '1'}"
    asset = resolve_asset(call.workspace, "environments", reference)
    if asset is None:
        raise bad_request(f"Environment {reference!r} is not a reference to an environment.", "ArgumentInvalid")
    return f"azureml:{call.workspace.names.arm}/environments/{asset[0]}/versions/{asset[1]}"


def _check_references(call: Call, spec: dict[str, Any]) -> None:
    code = str(spec.get("code") or "")
    if (parsed := parse_asset_id(code)) and not call.workspace.store.get(f"codes/{parsed[1]}/versions/{parsed[2]}"):
        raise not_found(f"Not found code {parsed[1]} (version: {parsed[2]}).", "NotFound", "CodeNotFound")
    for node in (spec.get("jobs") or {}).values():
        if component_id := node.get("componentId"):
            stored_component(call, str(component_id))


def stored_component(call: Call, identity: str) -> dict[str, Any]:
    """Return the stored document of the component that ``identity`` names.

    Raises:
        ServiceError: there is none.
    """
    if identity.startswith("azureml://registries/"):
        raise unsupported("A component of a registry")
    parsed = parse_asset_id(identity)
    name, version = (parsed[1], parsed[2]) if parsed and parsed[0] == "components" else (identity, "")
    if version is None:
        version = (call.workspace.store.get(f"components/{name}") or {}).get("latest")
    stored = call.workspace.store.get(f"components/{name}/versions/{version}")
    if stored is None:
        message = f"key: {identity}, Message: Not found component {name} (version: {version})."
        raise ServiceError(404, "NotFound", message)
    return stored
