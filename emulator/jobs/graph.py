"""Plan the steps of a pipeline: their order, their inputs and outputs; refuse a pipeline that cannot run."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulator.jobs.bindings import require_inputs, step_binding
from emulator.jobs.distribution import spread_of
from emulator.jobs.inputs import DATA_TYPES, is_true
from emulator.jobs.outputs import place_artifacts, step_outputs
from emulator.jobs.parallel import parallel_step
from emulator.jobs.programs import command_of
from emulator.jobs.sweeps import sweep_of, trial_timeout
from emulator.state.lookup import stored_component
from emulator.state.plans import (
    Binding,
    CommandNode,
    Graph,
    Node,
    PipelineNode,
    Source,
    SweepNode,
)
from emulator.state.workspace import Workspace
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import invalid_pipeline, unsupported
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

RUNNABLE = ("command", "parallel", "pipeline", "sweep")


def plan_pipeline(
    workspace: Workspace, jobs: JsonObject, inputs: set[str], outputs: JsonObject, settings: JsonObject
) -> Graph:
    """Return the plan of a pipeline with the steps ``jobs``.

    ``inputs`` are the names of the pipeline's inputs; ``outputs`` are its outputs with their types.

    Raises:
        ServiceError: a step, a binding or a component is not valid, or the steps form a cycle.
    """
    nodes = {name: _node(workspace, name, job, inputs, outputs, jobs) for name, job in jobs.items()}
    needs = {name: sorted(set(_sources(node))) for name, node in nodes.items()}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise invalid_pipeline(f"The steps form a cycle: {' -> '.join(error.args[1])}.", "CyclicGraph") from None
    produced: dict[str, Source] = {}
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


def _sources(node: Node) -> Iterator[str]:
    for binding in node["inputs"].values():
        if "node" in binding:
            yield binding["node"]
        elif "inside" in binding and "node" in binding["inside"]:
            yield binding["inside"]["node"]


def _node(
    workspace: Workspace,
    name: str,
    job: JsonObject,
    inputs: set[str],
    outputs: JsonObject,
    jobs: JsonObject,
) -> CommandNode | PipelineNode | SweepNode:
    # In 2022 the SDK did not send the type of a step that names its component.
    if job.get("type", RUNNABLE[0]) not in RUNNABLE:
        raise unsupported(f"A step of type {job.get('type')} ({name})")
    sweep = sweep_of(job, f"step {name}") if job.get("type") == "sweep" else None
    component_id = str((job["trial"] if sweep else job).get("componentId", ""))
    stored = stored_component(workspace, component_id)
    spec = stored["requested"]["componentSpec"]
    if spec["type"] not in RUNNABLE or (sweep and spec["type"] != "command"):
        raise unsupported(f"A component of type {spec['type']} (step {name})")
    ports = spec.get("inputs") or {}
    node: Node = {
        "kind": "pipeline" if spec["type"] == "pipeline" else "command",
        "display": job.get("displayName") or job.get("display_name") or name,
        "component_id": component_id,
        "component_name": spec["name"],
        "inputs": _inputs(workspace, name, job, ports, inputs, jobs, set(sweep["space"]) if sweep else set()),
        "outputs": step_outputs(workspace, name, spec.get("outputs") or {}, job.get("outputs") or {}, outputs, inputs),
    }
    if spec["type"] == "pipeline":
        inner = {
            port: {**declared, **node["outputs"][port], "uri": node["outputs"][port].get("path")}
            for port, declared in (spec.get("outputs") or {}).items()
        }
        graph = plan_pipeline(workspace, spec.get("jobs") or {}, set(ports), inner, spec.get("settings") or {})
        return {**node, "plan": graph}
    command = _command(workspace, name, spec, job, inputs, node)
    if sweep is None:
        return command
    trial: CommandNode = {**command, "timeout": trial_timeout(job), "deterministic": False}
    return {**node, "kind": "sweep", "trial": trial, "sweep": sweep}


def _inputs(
    workspace: Workspace,
    name: str,
    job: JsonObject,
    ports: JsonObject,
    inputs: set[str],
    jobs: JsonObject,
    sampled: set[str],
) -> dict[str, Binding]:
    """Return the bindings of a step's inputs, without those that a sweep has ``sampled``."""
    if unknown := sorted(sampled - set(ports)):
        raise invalid_pipeline(
            f"Invalid component job since input {unknown[0]} for component job {name} does not exist.",
            "InvalidComponentJobInput",
        )
    bound: dict[str, Binding] = {}
    for port, given in (job.get("inputs") or {}).items():
        binding = step_binding(workspace, port, given, ports[port], inputs, jobs) if port in ports else None
        # The error for data inside a longer text is the same as for an input that does not exist.
        if binding is None or ("template" in binding and snake(str(ports[port]["type"])) in DATA_TYPES):
            raise invalid_pipeline(
                f"Invalid component job since input {port} for component job {name} does not exist.",
                "InvalidComponentJobInput",
            )
        bound[port] = binding
    for port, declared in ports.items():
        if port in sampled:
            continue
        if port not in bound and "default" in declared:
            bound[port] = {"value": str(declared["default"])}
        elif port not in bound and not is_true(declared.get("optional")):
            raise invalid_pipeline(f"Required input {port} for component job {name} is not provided.", "MissingInput")
    return bound


def _command(
    workspace: Workspace, name: str, spec: JsonObject, job: JsonObject, inputs: set[str], node: Node
) -> CommandNode:
    """Return the plan of a step that is a command, which has the fields of ``node``."""
    is_parallel = spec["type"] == "parallel"
    if is_parallel:
        program, settings = parallel_step(workspace, spec, job, inputs, name)
    else:
        program, settings = command_of(workspace, spec), {}
        place_artifacts(node["outputs"], program["command"])
    return {
        **node,
        **program,
        "deterministic": str(spec.get("is_deterministic", True)).lower() != "false",
        "environment_variables": {**_variables(job.get("environment_variables") or {}, inputs), **settings},
        "timeout": _time_limit((job.get("limits") or {}).get("timeout"), inputs),
        "spread": None if is_parallel else spread_of(spec, job, inputs, f"step {name}"),
        "parallel": is_parallel,
    }


def _variables(given: Any, inputs: set[str]) -> dict[str, str]:
    """Return the variables of a step; each may refer to inputs, not all together, which no client reads."""
    if not isinstance(given, dict):
        raise unsupported(f"environment_variables that are no object ({given})")
    return {key: require_inputs(str(text), inputs) for key, text in given.items()}


def _time_limit(timeout: Any, inputs: set[str]) -> float | str | None:
    """Return a time limit in seconds, or as a text if it refers to inputs of the pipeline."""
    if isinstance(timeout, str) and "${{" in timeout:
        return require_inputs(timeout, inputs)
    return duration_seconds(timeout)
