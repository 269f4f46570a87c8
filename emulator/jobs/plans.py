"""What a job is to do, worked out when it is submitted: its steps, their inputs and outputs, what is ignored."""

import re
from typing import Any

from emulator.jobs.graph import command_of, duration_seconds, output_target, plan_pipeline
from emulator.jobs.inputs import bind_inputs
from emulator.state.lookup import require_compute, stored_component
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import resource_name
from emulator.wire.errors import bad_request
from emulator.wire.names import snake

_BOUND_COMPUTE = re.compile(r"\$\{\{\s*parent\.inputs\.(\w+)\s*\}\}")
_IGNORED = ("distribution", "identity", "queueSettings", "queue_settings", "services")


def plan_job(workspace: Workspace, asked: dict[str, Any]) -> dict[str, Any]:
    """Plan a pipeline job: the steps it holds, or those of the component it names.

    Raises:
        ServiceError: something in it does not exist or does not fit.
    """
    settings = dict(asked.get("settings") or {})
    given_outputs = asked.get("outputs") or {}
    if component_id := asked.get("componentId"):
        spec = stored_component(workspace, component_id)["asked"]["componentSpec"]
        jobs, declared = spec.get("jobs") or {}, spec.get("inputs") or {}
        outputs = {name: {**port, **given_outputs.get(name, {})} for name, port in (spec.get("outputs") or {}).items()}
    else:
        jobs, declared, outputs = asked.get("jobs") or {}, None, given_outputs
    unknown = [name for name in given_outputs if name not in outputs]
    if unknown:
        raise bad_request(f"Unknown output {unknown[0]}; the outputs are: {', '.join(sorted(outputs))}.")
    inputs = bind_inputs(workspace, asked.get("inputs") or {}, declared)
    names = set(inputs) | set(declared or {})
    plan = plan_pipeline(workspace, jobs, names, outputs, settings)
    _check_computes(workspace, asked, settings, jobs, inputs)
    return {**plan, "inputs": inputs}


def _check_computes(
    workspace: Workspace, asked: dict[str, Any], settings: dict[str, Any], jobs: dict[str, Any], inputs: dict[str, Any]
) -> None:
    default = asked.get("computeId") or settings.get("default_compute")
    for name, job in jobs.items():
        compute = str(job.get("computeId") or default or "")
        if match := _BOUND_COMPUTE.fullmatch(compute):
            compute = str((inputs.get(match[1]) or {}).get("value") or compute)
        if not compute and job.get("type") != "pipeline":
            raise bad_request(f"Step {name} has no compute, and the job has no default one.", "ComputeNotProvided")
        if compute:
            require_compute(workspace, resource_name(compute))


def plan_command(workspace: Workspace, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Plan the command job ``name``: its one step.

    Raises:
        ServiceError: something in it does not exist or does not fit.
    """
    require_compute(workspace, resource_name(str(asked.get("computeId") or "serverless")))
    spec = {
        "command": asked.get("command"),
        "code": asked.get("codeId"),
        "environment": asked.get("environmentId"),
    }
    node = {
        "kind": "command",
        "display": asked.get("displayName") or name,
        "component_id": "",
        "component_name": "",
        "inputs": bind_inputs(workspace, asked.get("inputs") or {}, None),
        "outputs": {
            name: {"type": snake(str(given["jobOutputType"])), **output_target(workspace, given)}
            for name, given in (asked.get("outputs") or {}).items()
        },
        **command_of(workspace, spec),
        "deterministic": False,
        "environment_variables": asked.get("environmentVariables") or {},
        "timeout": duration_seconds((asked.get("limits") or {}).get("timeout")),
    }
    return {"command": node}


def ignored(asked: dict[str, Any]) -> list[str]:
    """Say by name what a job asks for and this machine does not do."""
    steps = {"": asked, **{f"{name}.": job for name, job in (asked.get("jobs") or {}).items()}}
    found = []
    for prefix, job in steps.items():
        found += [f"{prefix}{key}" for key in _IGNORED if job.get(key)]
        resources = job.get("resources") or {}
        if str(resources.get("instanceCount") or resources.get("instance_count") or 1) != "1":
            found.append(f"{prefix}resources.instance_count")
    return [f"Ignored here, where a step is one process: {', '.join(found)}."] if found else []
