"""Store a planned job and start its runner."""

import json
import time

from emulator.jobs.ignored import ignored_settings
from emulator.jobs.launch import launch
from emulator.jobs.observation import job_lock
from emulator.state import keys
from emulator.state.experiments import join_experiment
from emulator.state.plans import Plan
from emulator.state.records import Job
from emulator.state.workspace import Workspace
from emulator.wire import limits
from emulator.wire.asset_ids import resource_name
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject


def _check_limits(requested: JsonObject) -> None:
    tags = requested.get("tags") or {}
    lengths = [
        ("display name", str(requested.get("displayName") or ""), limits.RUN_DISPLAY_NAME),
        ("experiment name", str(requested.get("experimentName") or ""), limits.EXPERIMENT_NAME),
        *(("name of a tag", name, limits.RUN_TAG_NAME) for name in tags),
        *(("value of a tag", str(value), limits.RUN_TAG_VALUE) for value in tags.values()),
    ]
    if len(tags) > limits.RUN_TAGS.value:
        raise bad_request(f"The job has {len(tags)} tags; at most {limits.RUN_TAGS.value} are allowed.")
    for what, text, limit in lengths:
        if len(text) > limit.value:
            message = f"The {what} {text[:40]!r}… has {len(text)} characters; {limit.value} are allowed."
            raise bad_request(message)


def start_job(
    workspace: Workspace, name: str, kind: str, requested: JsonObject, plan: Plan, properties: dict[str, str]
) -> Job:
    """Store the job ``name`` and start its runner; return the job.

    Raises:
        ServiceError: the request is over a limit, or another request submits a job of this name at the same time.
    """
    _check_limits(requested)
    settings = requested.get("settings") or {}
    compute = requested.get("computeId") or settings.get("default_compute")
    if "graph" in plan:
        literals = {name: bound["value"] for name, bound in plan["inputs"].items() if "value" in bound}
        properties = {
            **properties,
            "azureml.runsource": "azureml.PipelineRun",
            "runType": "HTTP",
            "azureml.parameters": json.dumps(literals, separators=(",", ":")),
            # Since 2023 the service shows True for a job that does not set it.
            "azureml.continue_on_step_failure": str(settings.get("continue_on_step_failure", True)),
            "azureml.continue_on_failed_optional_input": "True",
            "azureml.enforceRerun": str(plan["graph"]["force_rerun"]),
            "azureml.defaultDataStoreName": resource_name(settings.get("default_datastore") or "workspaceblobstore"),
            "azureml.pipelineComponent": "pipelinerun",
        }
        if requested.get("scoring"):
            # The job of a deployed model, which no client submitted, has fewer.
            properties["azureml.continue_on_failed_optional_input"] = "False"
            del properties["azureml.defaultDataStoreName"], properties["azureml.enforceRerun"]
        elif compute:
            properties["azureml.defaultComputeName"] = resource_name(compute)
    elif "sweep" in plan:
        sweep = plan["sweep"]["sweep"]
        properties = {
            "runTemplate": "HyperDrive",
            "azureml.runsource": "hyperdrive",
            "platform": "AML",
            "primary_metric_config": json.dumps({"name": sweep["metric"], "goal": sweep["goal"]}),
        }
    else:
        properties = {"_azureml.ComputeTargetType": "amlctrain"}
        if code := plan["command"]["code_hash"]:
            properties["ContentSnapshotId"] = code
    job: Job = {
        "name": name,
        "kind": kind,
        "display": requested.get("displayName") or name,
        "experiment": requested.get("experimentName") or "Default",
        "tags": requested.get("tags") or {},
        "properties": {**(requested.get("properties") or {}), **properties},
        "status": "Preparing" if kind == "Pipeline" else "Starting",
        "created": time.time(),
        "started": None,
        "ended": None,
        "parent": None,
        "root": name,
        "target": resource_name(compute) if compute else None,
        "error": None,
        "outputs": {},
        "requested": requested,
        "notes": ignored_settings(workspace, requested),
    }
    with job_lock(workspace.state, name) as lock:
        with workspace.store.transaction():
            workspace.store.put(keys.job(name), job)
            # The plan is a document of its own, because it is large and only the runner reads it.
            workspace.store.put(keys.plan(name), plan)
            join_experiment(workspace.store, keys.job(name), job["experiment"])
        launch(workspace, name, lock)
    return job
