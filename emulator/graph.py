"""Turn a submitted job into the plan that the runner executes, and refuse what cannot work."""

import re
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulator.components import RUNNABLE, environment_id, stored_component
from emulator.errors import ServiceError, bad_request, unsupported
from emulator.names import snake
from emulator.router import Call
from emulator.uris import local_path, long_data_uri, parse_asset_id, resolve_asset

Plan = dict[str, Any]
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_FROM_JOB = re.compile(r"parent\.jobs\.([^.]+)\.outputs\.(\w+)")
_DATA_TYPES = ("uri_folder", "uri_file", "mltable", "mlflow_model", "custom_model", "triton_model", "path")


def _invalid(message: str, reason: str) -> ServiceError:
    return bad_request(message, "ArgumentInvalid", "InvalidPipelineJob", reason)


def bind_inputs(call: Call, asked: dict[str, Any], declared: dict[str, Any] | None) -> dict[str, Any]:
    """Resolve the inputs given from outside: data to a place on disk, literals to text.

    ``declared`` are the inputs of the component that is run; None takes whatever is given.

    Raises:
        ServiceError: an input is unknown, missing, of the wrong type, or names an asset that does not exist.
    """
    bound = {}
    for name, given in asked.items():
        kind = snake(str(given.get("jobInputType") or given.get("job_input_type") or "literal"))
        if declared is not None:
            if name not in declared:
                known = ", ".join(sorted(declared)) or "none"
                raise bad_request(f"Unknown input {name}; the inputs are: {known}.", "ArgumentInvalid")
            _check_type(name, kind, declared[name])
        if kind in _DATA_TYPES:
            bound[name] = _data(call, str(given.get("uri") or ""), kind, name)
        else:
            bound[name] = {"value": _literal(name, given.get("value"), (declared or {}).get(name))}
    for name, port in (declared or {}).items():
        if name not in bound:
            if "default" in port:
                bound[name] = {"value": _literal(name, port["default"], port)}
            elif not _true(port.get("optional")):
                raise bad_request(f"Required input {name} is missing.", "ArgumentBlankOrEmpty")
    return bound


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _check_type(name: str, given: str, port: dict[str, Any]) -> None:
    wanted = snake(str(port.get("type")))
    is_data = given in _DATA_TYPES
    if is_data != (wanted in _DATA_TYPES) or (is_data and wanted != "path" and given != wanted):
        raise bad_request(f"Input {name} is of type {given}, and must be of type {wanted}.", "ArgumentInvalid")


def _literal(name: str, value: Any, port: dict[str, Any] | None) -> str:
    text = "" if value is None else str(value)
    kind = (port or {}).get("type")
    try:
        if kind == "integer":
            int(text)
        elif kind == "number":
            float(text)
    except ValueError:
        raise bad_request(f"Input {name} is {text!r}, and must be of type {kind}.", "ArgumentInvalid") from None
    if (port or {}).get("enum") and text not in map(str, (port or {})["enum"]):
        allowed = ", ".join(map(str, (port or {})["enum"]))
        raise bad_request(f"Input {name} is {text!r}, and must be one of {allowed}.", "ArgumentInvalid")
    return text


def _data(call: Call, uri: str, kind: str, name: str) -> dict[str, Any]:
    if not uri:
        raise bad_request(f"Input {name} of type {kind} has no uri.", "ArgumentBlankOrEmpty")
    asset = resolve_asset(call.workspace, "models" if parse_asset_id(uri) and "/models/" in uri else "data", uri)
    if asset:
        properties = asset[2]["properties"]
        if (actual := properties.get("dataType")) and snake(kind) not in (actual, "path"):
            raise bad_request(
                f"Input {name} is of type {kind}, and data asset {asset[0]}:{asset[1]} of type {actual}.",
                "ArgumentInvalid",
            )
        uri = properties.get("dataUri") or properties["modelUri"]
    identity = long_data_uri(call.workspace.names, uri)
    return {"path": str(local_path(call.workspace, identity)), "identity": identity, "kind": kind}


def plan_pipeline(
    call: Call, jobs: dict[str, Any], inputs: set[str], outputs: dict[str, Any], settings: dict[str, Any]
) -> Plan:
    """Plan a graph of steps.

    ``inputs`` are the names that steps may bind to; ``outputs`` the pipeline's outputs with their types.

    Raises:
        ServiceError: a step, a binding or a component is not as it must be, or the graph has a cycle.
    """
    nodes = {name: _node(call, name, job, inputs, outputs, jobs) for name, job in jobs.items()}
    needs = {name: sorted({b["node"] for b in node["inputs"].values() if "node" in b}) for name, node in nodes.items()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise _invalid(f"The steps form a cycle: {' -> '.join(error.args[1])}.", "CyclicGraph") from None
    produced: dict[str, Any] = {}
    for name, node in nodes.items():
        for port, target in node["outputs"].items():
            if target.get("parent"):
                produced[target["parent"]] = {"node": name, "output": port}
    return {
        "nodes": {name: nodes[name] for name in order},
        "needs": needs,
        "outputs": produced,
        "continue_on_step_failure": _true(settings.get("continue_on_step_failure")),
        "force_rerun": _true(settings.get("force_rerun")),
    }


def _node(
    call: Call, name: str, job: dict[str, Any], inputs: set[str], outputs: dict[str, Any], jobs: dict[str, Any]
) -> dict[str, Any]:
    if job.get("type") not in RUNNABLE:
        raise unsupported(f"A step of type {job.get('type')} ({name})")
    component_id = str(job.get("componentId", ""))
    stored = stored_component(call, component_id)
    spec = stored["asked"]["componentSpec"]
    if spec["type"] not in RUNNABLE:
        raise unsupported(f"A component of type {spec['type']} (step {name})")
    ports = spec.get("inputs") or {}
    bound = {}
    for port, given in (job.get("inputs") or {}).items():
        if port not in ports:
            raise _invalid(
                f"Invalid component job since input {port} for component job {name} does not exist.",
                "InvalidComponentJobInput",
            )
        bound[port] = _binding(call, port, given, ports[port], inputs, jobs)
    for port, declared in ports.items():
        if port not in bound and "default" in declared:
            bound[port] = {"value": str(declared["default"])}
        elif port not in bound and not _true(declared.get("optional")):
            raise _invalid(f"Required input {port} for component job {name} is not provided.", "MissingInput")
    node: dict[str, Any] = {
        "kind": spec["type"],
        "display": job.get("displayName") or job.get("display_name") or name,
        "component_id": component_id,
        "component_name": spec["name"],
        "inputs": bound,
        "outputs": _outputs(name, spec.get("outputs") or {}, job.get("outputs") or {}, outputs),
    }
    if spec["type"] == "pipeline":
        node["plan"] = plan_pipeline(
            call, spec.get("jobs") or {}, set(ports), spec.get("outputs") or {}, spec.get("settings") or {}
        )
        return node
    return {
        **node,
        **command_of(call, spec),
        "deterministic": not str(spec.get("is_deterministic", True)).lower() == "false",
        "environment_variables": {**(job.get("environment_variables") or {})},
        "timeout": _seconds((job.get("limits") or {}).get("timeout")),
    }


def command_of(call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    """Return command, code folder, code identity and environment of a command component or job."""
    parsed = parse_asset_id(str(spec.get("code") or ""))
    code_path, code_hash = None, ""
    if parsed:
        code = call.workspace.store.get(f"codes/{parsed[1]}/versions/{parsed[2]}")
        if code is None:
            raise bad_request(f"Not found code {parsed[1]} (version: {parsed[2]}).", "CodeNotFound")
        code_path = str(local_path(call.workspace, code["properties"]["codeUri"]))
        code_hash = code["properties"]["properties"].get("hash_sha256") or f"{parsed[1]}:{parsed[2]}"
    return {
        "command": spec["command"],
        "code": code_path,
        "code_hash": code_hash,
        "environment": environment_id(call, str(spec.get("environment") or "")),
    }


def _seconds(value: Any) -> float | None:
    """Read a time limit: seconds, or an ISO 8601 duration such as ``PT1H30M``."""
    if value in (None, ""):
        return None
    match = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", str(value))
    if match:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return float(value)


def _binding(
    call: Call, port: str, given: Any, declared: dict[str, Any], inputs: set[str], jobs: dict[str, Any]
) -> dict[str, Any]:
    if not isinstance(given, dict):
        given = {"value": given}
    kind = snake(str(given.get("job_input_type") or given.get("jobInputType") or "literal"))
    if kind in _DATA_TYPES and "uri" in given:
        return _data(call, str(given["uri"]), kind, port)
    text = str(given.get("value"))
    found = _EXPRESSION.findall(text)
    if not found:
        return {"value": _literal(port, text, declared)}
    parsed = [_expression(expression, inputs, jobs) for expression in found]
    if len(found) == 1 and _EXPRESSION.fullmatch(text):
        return parsed[0]
    return {
        "template": text,
        "parents": {
            source: binding["parent"] for source, binding in zip(found, parsed, strict=True) if "parent" in binding
        },
    }


def _expression(expression: str, inputs: set[str], jobs: dict[str, Any]) -> dict[str, Any]:
    if expression.startswith("parent.inputs."):
        name = expression.removeprefix("parent.inputs.").removesuffix(".path")
        if name in inputs:
            return {"parent": name}
        raise _invalid(f"Failed to find referenced input {name} of the parent job.", "InvalidExpressionInJob")
    if match := _FROM_JOB.fullmatch(expression.removesuffix(".path")):
        if match[1] not in jobs:
            raise _invalid(f"Failed to find referenced source job {match[1]}.", "InvalidExpressionInJob")
        return {"node": match[1], "output": match[2]}
    raise _invalid(
        f"Invalid expression {expression}. Only parent.inputs, parent.jobs.[source_job_name].outputs or"
        " parent.outputs can be used for binding.",
        "InvalidExpressionInJob",
    )


def _outputs(
    name: str, declared: dict[str, Any], given: dict[str, Any], pipeline: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    ports: dict[str, dict[str, Any]] = {port: {"type": snake(str(spec["type"]))} for port, spec in declared.items()}
    for port, target in given.items():
        if port not in ports:
            raise _invalid(
                f"Invalid component job since output {port} for component job {name} does not exist.",
                "InvalidComponentJobOutput",
            )
        text = str(target.get("value") or "") if isinstance(target, dict) else str(target)
        match = re.fullmatch(r"\$\{\{\s*parent\.outputs\.(\w+)\s*\}\}", text)
        if match and match[1] not in pipeline:
            raise _invalid(f"Failed to find referenced output {match[1]} of the parent job.", "InvalidExpressionInJob")
        if match:
            ports[port].update(parent=match[1], path=(pipeline[match[1]] or {}).get("uri"))
        elif isinstance(target, dict) and target.get("uri"):
            ports[port]["path"] = target["uri"]
    return ports
