"""Plan a submitted job: its steps with their inputs and outputs, and the settings that are ignored."""

from collections.abc import Callable, Mapping

from emulator.jobs.distribution import spread_of
from emulator.jobs.graph import plan_pipeline
from emulator.jobs.ignored import FILE_SHARES
from emulator.jobs.inputs import bind_inputs, check_mode
from emulator.jobs.outputs import DEFAULT_DATASTORE, output_port
from emulator.jobs.programs import command_of
from emulator.jobs.sweeps import sweep_of, trial_timeout, with_inputs
from emulator.state.addresses import container_of, default_output
from emulator.state.lookup import require_compute, stored_component
from emulator.state.plans import (
    PARENT_INPUT,
    Bound,
    CommandNode,
    CommandPlan,
    Graph,
    OutputPort,
    PipelinePlan,
    Plan,
    SweepNode,
    SweepPlan,
)
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import resource_name
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import snake


def plan_job(workspace: Workspace, requested: JsonObject) -> PipelinePlan:
    """Return the plan of a pipeline job; the steps are in the request, or in the component that it names.

    Raises:
        ServiceError: the job names something that does not exist, or is not valid.
    """
    settings = dict(requested.get("settings") or {})
    given_outputs = requested.get("outputs") or {}
    if component_id := requested.get("componentId"):
        spec = stored_component(workspace, component_id)["requested"]["componentSpec"]
        jobs, declared = spec.get("jobs") or {}, spec.get("inputs") or {}
        outputs = {name: {**port, **given_outputs.get(name, {})} for name, port in (spec.get("outputs") or {}).items()}
    else:
        jobs, declared, outputs = requested.get("jobs") or {}, None, given_outputs
    undeclared = [name for name in given_outputs if name not in outputs]
    if undeclared:
        raise bad_request(f"Unknown output {undeclared[0]}; the outputs are: {', '.join(sorted(outputs))}.")
    for name, port in given_outputs.items():
        check_mode(name, port or {})
    inputs = bind_inputs(workspace, requested.get("inputs") or {}, declared)
    names = set(inputs) | set(declared or {})
    graph = plan_pipeline(workspace, jobs, names, outputs, settings)
    store = resource_name(str(settings.get("default_datastore") or ""))
    if not store or store in FILE_SHARES:
        store = "workspaceblobstore"
    _set_default_datastore(workspace, store, graph)
    _check_computes(workspace, requested, settings, jobs, inputs)
    return {"graph": graph, "inputs": inputs}


def _set_default_datastore(workspace: Workspace, datastore: str, graph: Graph) -> None:
    """Give an address on ``datastore`` to all outputs of steps that have none, or that name the default one.

    Raises:
        ServiceError: the datastore does not exist or lies on other storage.
    """
    container_of(workspace, datastore)
    for node in graph["nodes"].values():
        if "plan" in node:
            _set_default_datastore(workspace, datastore, node["plan"])
            continue
        # The trial of a sweep has the same outputs.
        for name, port in node["outputs"].items():
            path = port.get("path") or default_output("${{name}}", name, datastore)
            port["path"] = path.replace(DEFAULT_DATASTORE, datastore)


def _check_computes(
    workspace: Workspace, requested: JsonObject, settings: JsonObject, jobs: JsonObject, inputs: Mapping[str, Bound]
) -> None:
    default = requested.get("computeId") or settings.get("default_compute")
    for name, job in jobs.items():
        compute = str(job.get("computeId") or default or "")
        if match := PARENT_INPUT.fullmatch(compute):
            given = inputs.get(match[1])
            if given is None:
                continue  # the input of a nested pipeline, which gets its value when it runs
            compute = str(given.get("value") or compute)
        if not compute and job.get("type") != "pipeline":
            raise bad_request(f"Step {name} has no compute, and the job has no default one.", "ComputeNotProvided")
        if compute:
            require_compute(workspace, resource_name(compute))
        if job.get("type") == "pipeline" and job.get("componentId"):
            spec = stored_component(workspace, str(job["componentId"]))["requested"]["componentSpec"]
            inner = {"computeId": compute}
            _check_computes(workspace, inner, spec.get("settings") or {}, spec.get("jobs") or {}, {})


def plan_command(workspace: Workspace, name: str, requested: JsonObject) -> CommandPlan:
    """Return the plan of the command job ``name``.

    Raises:
        ServiceError: the job names something that does not exist, or is not valid.
    """
    node = _command_node(workspace, name, requested, requested)
    return {"command": node, "inputs": bind_inputs(workspace, requested.get("inputs") or {}, None)}


def plan_sweep(workspace: Workspace, name: str, requested: JsonObject) -> SweepPlan:
    """Return the plan of the sweep job ``name``.

    Raises:
        ServiceError: the job names something that does not exist, or is not valid.
    """
    sweep = sweep_of(requested, f"job {name}")
    program = requested.get("trial") or {}
    trial = _command_node(workspace, name, {**program, "command": with_inputs(str(program.get("command")))}, requested)
    node: SweepNode = {
        "kind": "sweep",
        "display": trial["display"],
        "component_id": "",
        "component_name": "",
        "inputs": {},
        "outputs": trial["outputs"],
        "trial": {**trial, "timeout": trial_timeout(requested)},
        "sweep": sweep,
    }
    return {"sweep": node, "inputs": bind_inputs(workspace, requested.get("inputs") or {}, None)}


def _command_node(workspace: Workspace, name: str, program: JsonObject, requested: JsonObject) -> CommandNode:
    """Return the step of a job; ``program`` has its command, code, environment and distribution."""
    require_compute(workspace, resource_name(str(requested.get("computeId") or "serverless")))
    spec = {
        "command": program.get("command"),
        "code": program.get("codeId"),
        "environment": program.get("environmentId"),
    }
    return {
        "kind": "command",
        "display": requested.get("displayName") or name,
        "component_id": "",
        "component_name": "",
        "inputs": {},
        "outputs": {
            name: _command_output(workspace, given) for name, given in (requested.get("outputs") or {}).items()
        },
        **command_of(workspace, spec),
        "deterministic": False,
        "environment_variables": program.get("environmentVariables") or {},
        "timeout": duration_seconds((requested.get("limits") or {}).get("timeout")),
        "spread": spread_of(program, requested, set(), f"job {name}"),
        "parallel": False,
    }


def _command_output(workspace: Workspace, given: JsonObject) -> OutputPort:
    port = output_port(workspace, snake(str(given["jobOutputType"])), given)
    if "path" in port:
        port["path"] = port["path"].replace(DEFAULT_DATASTORE, "workspaceblobstore")
    return port


# The planners of the types of jobs that this workspace runs.
PLANS: dict[str, Callable[[Workspace, str, JsonObject], Plan]] = {
    "Pipeline": lambda workspace, _, requested: plan_job(workspace, requested),
    "Command": plan_command,
    "Sweep": plan_sweep,
}
