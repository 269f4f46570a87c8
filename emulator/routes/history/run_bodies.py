"""The bodies that describe runs in responses of the run history, with the ids of their inputs and outputs."""

import json
import uuid

from emulator.routes.job_bodies import run_properties
from emulator.state.records import SCORING_SCRIPT, Job, Output
from emulator.state.versions import MODEL_TYPES
from emulator.wire.http import JsonObject
from emulator.wire.names import API, Names, now_text, pascal, snake

# Separates the names of the job and the output in the asset id of an output.
OUTPUT_MARK = "_output_data_"
_INPUT_MARK = "_input_data_"
# What the details of a run do not show; they call the time of its creation by another name.
_NOT_IN_DETAILS = (
    "createdUtc", "token", "tokenExpiryTimeUtc", "cancelationReason", "experimentId", "scheduleId", "displayName",
    "name", "description", "hidden", "runType", "actionUris", "scriptName", "uniqueChildRunComputeTargets",
    "jobSpecification", "primaryMetricName", "createdFrom", "cancelUri", "completeUri", "diagnosticsUri",
    "retainForLifetimeOfWorkspace", "queueingInfo",
)  # fmt: skip
_COSTS = (
    "chargedCpuCoreSeconds",
    "chargedCpuMemoryMegabyteSeconds",
    "chargedGpuSeconds",
    "chargedNodeUtilizationSeconds",
)


def _user_body(names: Names) -> JsonObject:
    return {
        "userObjectId": names.workspace_id,
        "userPuId": None,
        "userIdp": None,
        "userAltSecId": None,
        "userIss": None,
        "userTenantId": names.tenant,
        "userName": "embedded",
        "upn": None,
    }


def _duration(job: Job) -> str | None:
    if not job["ended"] or not job["started"]:
        return None if job["started"] and not job["ended"] else "00:00:00.0000000"
    minutes, rest = divmod(max(job["ended"] - job["started"], 0.0), 60)
    return f"{int(minutes // 60):02d}:{int(minutes % 60):02d}:{rest:010.7f}"


def run_body(names: Names, job: Job, full: bool) -> JsonObject:
    """Return the body of a run; ``full`` is whether it has its inputs and outputs."""
    is_step, is_root = job["kind"] == "Step", job["kind"] == "Pipeline"
    kind = "azureml.StepRun" if is_step else "azureml.PipelineRun" if "Pipeline" in job["kind"] else "azureml.scriptrun"
    traits = [kind, "MFE", "HTTP", "DevPlatv2"] if is_root else [kind]
    is_scoring = job["tags"].get("mlflow.source.name") == SCORING_SCRIPT and is_step
    container = job["properties"].get("azureml.reusedrunid", job["name"])
    started = now_text(job["started"]) if job["started"] else None
    lasts = job["started"] is not None and not job["ended"]
    cancel = (
        f"https://{API}/studioservice/apiv2/subscriptions/{names.subscription}/resourceGroups/{names.group}"
        f"/workspaces/{names.workspace}/runs/{job['name']}/Cancel"
    )
    return {
        "runNumber": int(job["created"]),
        "rootRunId": job["root"],
        "createdUtc": now_text(job["created"]),
        "createdBy": _user_body(names),
        "userId": names.workspace_id,
        "token": None,
        "tokenExpiryTimeUtc": None,
        "error": {"error": job["error"]} if job["error"] else None,
        "warnings": None,
        "revision": 1,
        "statusRevision": 1,
        "runUuid": job["name"],
        "parentRunUuid": job["parent"],
        "rootRunUuid": job["root"],
        "lastStartTimeUtc": started if lasts else None,
        "currentComputeTime": "00:00:00" if lasts else None,
        "computeDuration": _duration(job),
        "effectiveStartTimeUtc": started if lasts else None,
        "lastModifiedBy": _user_body(names),
        "lastModifiedUtc": now_text(job["ended"] or job["started"] or job["created"]),
        "duration": _duration(job),
        "cancelationReason": None,
        "currentAttemptId": None if is_scoring else 1,
        "runId": job["name"],
        "parentRunId": job["parent"],
        "experimentId": names.workspace_id,
        "status": job["status"],
        "startTimeUtc": started,
        "endTimeUtc": now_text(job["ended"]) if job["ended"] else None,
        "scheduleId": None,
        "displayName": job["display"],
        "name": job.get("component") or job["display"],
        "dataContainerId": f"dcid.{container}",
        "description": job["requested"].get("description"),
        "hidden": bool(job["requested"].get("isArchived")),
        "runType": kind,
        "runTypeV2": {
            "orchestrator": "Pipeline" if is_root else None,
            "traits": traits,
            "attribution": None,
            "computeType": None,
        },
        "properties": run_properties(job),
        "parameters": json.loads(job["properties"].get("azureml.parameters", "{}")),
        "actionUris": {"Cancel": cancel},
        "scriptName": SCORING_SCRIPT if is_scoring else None,
        "target": None if is_root else job["target"],
        "uniqueChildRunComputeTargets": [],
        "tags": job["tags"],
        "settings": {},
        "services": {},
        "inputDatasets": [_scored_data(job)] if is_scoring else [],
        "outputDatasets": [],
        "runDefinition": None,
        "jobSpecification": None,
        "primaryMetricName": None,
        "createdFrom": None,
        "cancelUri": cancel,
        "completeUri": None,
        "diagnosticsUri": None,
        "computeRequest": {"nodeCount": 1, "gpuCount": 0} if full and not is_root else None,
        "compute": None,
        "retainForLifetimeOfWorkspace": None,
        "queueingInfo": None,
        "inputs": _inputs(names, job) if full else None,
        "outputs": _outputs(names, job) if full else None,
    }


def _scored_data(job: Job) -> JsonObject:
    """Return the data that a step of a deployed model scores, in the form and by the name that the service uses."""
    name = "dataset_param_config"
    saved = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{job['name']}/{name}"))
    return {
        "identifier": {"savedId": saved, "registeredId": None, "registeredVersion": None},
        "consumptionType": "RunInput",
        "inputDetails": {"inputName": name, "mechanism": "Mount", "pathOnCompute": None},
    }


def details_body(names: Names, job: Job, logs: dict[str, str]) -> JsonObject:
    """Return the details of a run; ``logs`` are the addresses of its log files.

    As recorded: the outputs of a pipeline appear when it has ended, and its own folder is not among them.
    """
    run = run_body(names, job, full=True)
    body = {name: value for name, value in run.items() if name not in _NOT_IN_DETAILS}
    if job["kind"] == "Pipeline":
        outputs = {name: output for name, output in run["outputs"].items() if name in job["outputs"]}
        body["outputs"] = outputs if job["ended"] else None
    return {
        **body,
        "createdTimeUtc": run["createdUtc"],
        "logFiles": logs,
        "jobCost": dict.fromkeys(_COSTS),
    }


def _inputs(names: Names, job: Job) -> JsonObject:
    """Return the ids of the data that a pipeline got, by input; those of steps are not kept."""
    inputs = {}
    for name, given in (job["requested"].get("inputs") or {}).items():
        kind = snake(str(given.get("jobInputType") or "literal"))
        if kind != "literal":
            asset = names.asset_id("data", f"azureml_{job['name']}{_INPUT_MARK}{name}", "1")
            inputs[name] = {"assetId": asset, "type": pascal(kind)}
    return inputs


def _outputs(names: Names, job: Job) -> JsonObject:
    own: Output = {"uri": "", "type": "uri_folder"}
    outputs = {"default": own, **job["outputs"]}
    return {
        name: {"assetId": _asset(names, job, name, output), "type": pascal(output["type"])}
        for name, output in outputs.items()
    }


def _asset(names: Names, job: Job, name: str, output: Output) -> str:
    kind = "models" if output["type"] in MODEL_TYPES else "data"
    registered = output.get("asset")
    asset, version = registered or (f"azureml_{job['name']}{OUTPUT_MARK}{name}", "1")
    return names.asset_id(kind, asset, version)
