"""Turn a submitted job into the plan that the runner executes, and refuse what cannot work."""

import re
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulator.jobs.inputs import DATA_TYPES, data_place, is_true, literal
from emulator.state.addresses import local_path
from emulator.state.lookup import environment_id, stored_component
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import ServiceError, bad_request, unsupported
from emulator.wire.names import snake

Plan = dict[str, Any]
RUNNABLE = ("command", "pipeline")
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_PARENT_OUTPUT = re.compile(r"\$\{\{\s*parent\.outputs\.(\w+)\s*\}\}")
# Jobs spell it as the control plane does; the outputs of a step, as YAML does.
_ASSET_NAME = ("assetName", "asset_name", "name")
_ASSET_VERSION = ("assetVersion", "asset_version", "version")
_FROM_JOB = re.compile(r"parent\.jobs\.([^.]+)\.outputs\.(\w+)")


def _invalid(message: str, reason: str) -> ServiceError:
    return bad_request(message, "ArgumentInvalid", "InvalidPipelineJob", reason)


def plan_pipeline(
    workspace: Workspace, jobs: dict[str, Any], inputs: set[str], outputs: dict[str, Any], settings: dict[str, Any]
) -> Plan:
    """Plan a graph of steps.

    ``inputs`` are the names that steps may bind to; ``outputs`` the pipeline's outputs with their types.

    Raises:
        ServiceError: a step, a binding or a component is not as it must be, or the graph has a cycle.
    """
    nodes = {name: _node(workspace, name, job, inputs, outputs, jobs) for name, job in jobs.items()}
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
        "continue_on_step_failure": is_true(settings.get("continue_on_step_failure", True)),
        "force_rerun": is_true(settings.get("force_rerun")),
    }


def _node(
    workspace: Workspace,
    name: str,
    job: dict[str, Any],
    inputs: set[str],
    outputs: dict[str, Any],
    jobs: dict[str, Any],
) -> dict[str, Any]:
    if job.get("type") not in RUNNABLE:
        raise unsupported(f"A step of type {job.get('type')} ({name})")
    component_id = str(job.get("componentId", ""))
    stored = stored_component(workspace, component_id)
    spec = stored["asked"]["componentSpec"]
    if spec["type"] not in RUNNABLE:
        raise unsupported(f"A component of type {spec['type']} (step {name})")
    ports = spec.get("inputs") or {}
    bound = {}
    for port, given in (job.get("inputs") or {}).items():
        binding = _binding(workspace, port, given, ports[port], inputs, jobs) if port in ports else {}
        # Data inside a longer text is refused in the same words as an input that there is not.
        if not binding or ("template" in binding and snake(str(ports[port]["type"])) in DATA_TYPES):
            raise _invalid(
                f"Invalid component job since input {port} for component job {name} does not exist.",
                "InvalidComponentJobInput",
            )
        bound[port] = binding
    for port, declared in ports.items():
        if port not in bound and "default" in declared:
            bound[port] = {"value": str(declared["default"])}
        elif port not in bound and not is_true(declared.get("optional")):
            raise _invalid(f"Required input {port} for component job {name} is not provided.", "MissingInput")
    node: dict[str, Any] = {
        "kind": spec["type"],
        "display": job.get("displayName") or job.get("display_name") or name,
        "component_id": component_id,
        "component_name": spec["name"],
        "inputs": bound,
        "outputs": _outputs(workspace, name, spec.get("outputs") or {}, job.get("outputs") or {}, outputs),
    }
    if spec["type"] == "pipeline":
        inner = {
            port: {**declared, **node["outputs"][port], "uri": node["outputs"][port].get("path")}
            for port, declared in (spec.get("outputs") or {}).items()
        }
        node["plan"] = plan_pipeline(workspace, spec.get("jobs") or {}, set(ports), inner, spec.get("settings") or {})
        return node
    return {
        **node,
        **command_of(workspace, spec),
        "deterministic": str(spec.get("is_deterministic", True)).lower() != "false",
        "environment_variables": {**(job.get("environment_variables") or {})},
        "timeout": duration_seconds((job.get("limits") or {}).get("timeout")),
    }


def command_of(workspace: Workspace, spec: dict[str, Any]) -> dict[str, Any]:
    """Return command, code folder, code identity and environment of a command component or job."""
    parsed = parse_asset_id(str(spec.get("code") or ""))
    code_path, code_hash = None, ""
    if parsed:
        code = workspace.store.get(f"codes/{parsed[1]}/versions/{parsed[2]}")
        if code is None:
            raise bad_request(f"Not found code {parsed[1]} (version: {parsed[2]}).", "CodeNotFound")
        code_path = str(local_path(workspace, code["properties"]["codeUri"]))
        code_hash = code["properties"]["properties"].get("hash_sha256") or f"{parsed[1]}:{parsed[2]}"
    return {
        "command": spec["command"],
        "code": code_path,
        "code_hash": code_hash,
        "environment": environment_id(workspace, str(spec.get("environment") or "")),
    }


def duration_seconds(value: Any) -> float | None:
    """Read a time limit: seconds, or an ISO 8601 duration such as ``PT1H30M``.

    Raises:
        ServiceError: it is neither.
    """
    if value in (None, ""):
        return None
    match = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", str(value))
    if match:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    try:
        return float(value)
    except ValueError:
        raise bad_request(f"{value!r} is not a time limit.", "ArgumentInvalid") from None


def _binding(
    workspace: Workspace, port: str, given: Any, declared: dict[str, Any], inputs: set[str], jobs: dict[str, Any]
) -> dict[str, Any]:
    if not isinstance(given, dict):
        given = {"value": given}
    kind = snake(str(given.get("job_input_type") or given.get("jobInputType") or "literal"))
    if kind in DATA_TYPES and "uri" in given:
        return data_place(workspace, str(given["uri"]), kind, port)
    text = str(given.get("value"))
    found = _EXPRESSION.findall(text)
    if not found:
        return {"value": literal(port, text, declared)}
    parsed = [_expression(expression, inputs, jobs) for expression in found]
    if len(found) == 1 and _EXPRESSION.fullmatch(text):
        return parsed[0]
    if any("parent" not in binding for binding in parsed):
        raise unsupported(f"An output of a step inside a longer text ({text})")
    return {"template": [_EXPRESSION.split(text)[::2], [binding["parent"] for binding in parsed]]}


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
    workspace: Workspace, name: str, declared: dict[str, Any], given: dict[str, Any], pipeline: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    ports: dict[str, dict[str, Any]] = {port: {"type": snake(str(spec["type"]))} for port, spec in declared.items()}
    for port, target in given.items():
        if port not in ports:
            raise _invalid(
                f"Invalid component job since output {port} for component job {name} does not exist.",
                "InvalidComponentJobOutput",
            )
        asked = target if isinstance(target, dict) else {"value": target}
        match = _PARENT_OUTPUT.fullmatch(str(asked.get("value") or ""))
        if match and match[1] not in pipeline:
            raise _invalid(f"Failed to find referenced output {match[1]} of the parent job.", "InvalidExpressionInJob")
        if match:
            ports[port]["parent"] = match[1]
        ports[port].update(output_target(workspace, {**asked, **((pipeline[match[1]] or {}) if match else {})}))
    return ports


def output_target(workspace: Workspace, asked: dict[str, Any]) -> dict[str, Any]:
    """Say where an output goes and as what it is registered, as far as its job does.

    Raises:
        ServiceError: it is to go to a place that cannot be reached from here.
    """
    if uri := asked.get("uri"):
        local_path(workspace, uri)
    spellings = {"path": ("uri",), "asset_name": _ASSET_NAME, "asset_version": _ASSET_VERSION}
    found = {key: next(filter(None, map(asked.get, keys)), None) for key, keys in spellings.items()}
    return {key: str(value) for key, value in found.items() if value}
