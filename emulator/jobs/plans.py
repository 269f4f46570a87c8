"""What a job is to do, worked out when it is submitted: its steps, their inputs and outputs, what is ignored."""

from collections.abc import Mapping

from emulator.jobs.graph import command_of, plan_pipeline
from emulator.jobs.inputs import bind_inputs
from emulator.jobs.outputs import output_port
from emulator.state.addresses import container_of, default_output
from emulator.state.lookup import require_compute, stored_component
from emulator.state.plans import PARENT_INPUT, Bound, CommandNode, CommandPlan, Graph, PipelinePlan
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import resource_name
from emulator.wire.durations import duration_seconds
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject
from emulator.wire.names import snake

# Every workspace of Azure has these on a file share, and there is none here; recorded jobs name one as their default.
_FILE_SHARES = ("workspacefilestore", "workspaceworkingdirectory")
_IGNORED = ("distribution", "identity", "queueSettings", "queue_settings", "services")


def plan_job(workspace: Workspace, requested: JsonObject) -> PipelinePlan:
    """Plan a pipeline job: the steps it holds, or those of the component it names.

    Raises:
        ServiceError: something in it does not exist or does not fit.
    """
    settings = dict(requested.get("settings") or {})
    given_outputs = requested.get("outputs") or {}
    if component_id := requested.get("componentId"):
        spec = stored_component(workspace, component_id)["requested"]["componentSpec"]
        jobs, declared = spec.get("jobs") or {}, spec.get("inputs") or {}
        outputs = {name: {**port, **given_outputs.get(name, {})} for name, port in (spec.get("outputs") or {}).items()}
    else:
        jobs, declared, outputs = requested.get("jobs") or {}, None, given_outputs
    unknown = [name for name in given_outputs if name not in outputs]
    if unknown:
        raise bad_request(f"Unknown output {unknown[0]}; the outputs are: {', '.join(sorted(outputs))}.")
    inputs = bind_inputs(workspace, requested.get("inputs") or {}, declared)
    names = set(inputs) | set(declared or {})
    graph = plan_pipeline(workspace, jobs, names, outputs, settings)
    store = resource_name(str(settings.get("default_datastore") or ""))
    if store and store not in _FILE_SHARES:
        _send_to(workspace, store, graph)
    _check_computes(workspace, requested, settings, jobs, inputs)
    return {"graph": graph, "inputs": inputs}


def _send_to(workspace: Workspace, datastore: str, graph: Graph) -> None:
    """Have the outputs of all steps go to ``datastore`` unless they say where.

    Raises:
        ServiceError: there is no such datastore, or it lies on other storage.
    """
    container_of(workspace, datastore)
    for node in graph["nodes"].values():
        if "plan" in node:
            _send_to(workspace, datastore, node["plan"])
            continue
        for name, port in node["outputs"].items():
            port.setdefault("path", default_output("${{name}}", name, datastore))


def _check_computes(
    workspace: Workspace, requested: JsonObject, settings: JsonObject, jobs: JsonObject, inputs: Mapping[str, Bound]
) -> None:
    default = requested.get("computeId") or settings.get("default_compute")
    for name, job in jobs.items():
        compute = str(job.get("computeId") or default or "")
        if match := PARENT_INPUT.fullmatch(compute):
            given = inputs.get(match[1])
            compute = (given["value"] if given and "value" in given else "") or compute
        if not compute and job.get("type") != "pipeline":
            raise bad_request(f"Step {name} has no compute, and the job has no default one.", "ComputeNotProvided")
        if compute:
            require_compute(workspace, resource_name(compute))


def plan_command(workspace: Workspace, name: str, requested: JsonObject) -> CommandPlan:
    """Plan the command job ``name``: its one step.

    Raises:
        ServiceError: something in it does not exist or does not fit.
    """
    require_compute(workspace, resource_name(str(requested.get("computeId") or "serverless")))
    spec = {
        "command": requested.get("command"),
        "code": requested.get("codeId"),
        "environment": requested.get("environmentId"),
    }
    node: CommandNode = {
        "kind": "command",
        "display": requested.get("displayName") or name,
        "component_id": "",
        "component_name": "",
        "inputs": {},
        "outputs": {
            name: output_port(workspace, snake(str(given["jobOutputType"])), given)
            for name, given in (requested.get("outputs") or {}).items()
        },
        **command_of(workspace, spec),
        "deterministic": False,
        "environment_variables": requested.get("environmentVariables") or {},
        "timeout": duration_seconds((requested.get("limits") or {}).get("timeout")),
    }
    return {"command": node, "inputs": bind_inputs(workspace, requested.get("inputs") or {}, None)}


def ignored(requested: JsonObject) -> list[str]:
    """Say by name what a job asks for and this machine does not do."""
    steps = {"": requested, **{f"{name}.": job for name, job in (requested.get("jobs") or {}).items()}}
    found = []
    for prefix, job in steps.items():
        found += [f"{prefix}{key}" for key in _IGNORED if job.get(key)]
        resources = job.get("resources") or {}
        if str(resources.get("instanceCount") or resources.get("instance_count") or 1) != "1":
            found.append(f"{prefix}resources.instance_count")
    if (store := resource_name(str((requested.get("settings") or {}).get("default_datastore") or ""))) in _FILE_SHARES:
        found.append(f"default_datastore {store}")
    return [f"Ignored here, where a step is one process: {', '.join(found)}."] if found else []
