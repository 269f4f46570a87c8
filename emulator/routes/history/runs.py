"""Runs in the run history: their properties, steps, logs, and the ids of their outputs."""

from emulator.jobs.observation import find_job, with_current_status
from emulator.routes.job_bodies import run_properties
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.addresses import ARTIFACTS
from emulator.state.records import Job
from emulator.state.signatures import signature
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, Names, now_text, pascal

_RUNS = "/history/v1.0" + WORKSPACE
_MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")
# Separates the names of the job and the output in the asset id of an output.
OUTPUT_MARK = "_output_data_"


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


def _duration(job: Job) -> str:
    seconds = (job["ended"] or 0) - (job["started"] or 0) if job["ended"] and job["started"] else 0.0
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes // 60):02d}:{int(minutes % 60):02d}:{rest:010.7f}"


def _run_body(names: Names, job: Job, full: bool) -> JsonObject:
    is_step = job["kind"] == "Step"
    kind = "azureml.StepRun" if is_step else "azureml.PipelineRun" if "Pipeline" in job["kind"] else "azureml.scriptrun"
    container = job["properties"].get("azureml.reusedrunid", job["name"])
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
        "lastStartTimeUtc": None,
        "currentComputeTime": None,
        "computeDuration": _duration(job),
        "effectiveStartTimeUtc": None,
        "lastModifiedBy": _user_body(names),
        "lastModifiedUtc": now_text(job["ended"] or job["started"] or job["created"]),
        "duration": _duration(job),
        "cancelationReason": None,
        "currentAttemptId": 1,
        "runId": job["name"],
        "parentRunId": job["parent"],
        "experimentId": names.workspace_id,
        "status": job["status"],
        "startTimeUtc": now_text(job["started"]) if job["started"] else None,
        "endTimeUtc": now_text(job["ended"]) if job["ended"] else None,
        "scheduleId": None,
        "displayName": job["display"],
        "name": job.get("component") or job["display"],
        "dataContainerId": f"dcid.{container}",
        "description": job["requested"].get("description"),
        "hidden": bool(job["requested"].get("isArchived")),
        "runType": kind,
        "runTypeV2": {"orchestrator": None, "traits": [kind], "attribution": None, "computeType": None},
        "properties": run_properties(job),
        "parameters": {},
        "actionUris": {"Cancel": cancel},
        "scriptName": None,
        "target": job["target"],
        "uniqueChildRunComputeTargets": [],
        "tags": job["tags"],
        "settings": {},
        "services": {},
        "inputDatasets": [],
        "outputDatasets": [],
        "runDefinition": None,
        "jobSpecification": None,
        "primaryMetricName": None,
        "createdFrom": None,
        "cancelUri": cancel,
        "completeUri": None,
        "diagnosticsUri": None,
        "computeRequest": {"nodeCount": 1, "gpuCount": 0} if full else None,
        "compute": None,
        "retainForLifetimeOfWorkspace": None,
        "queueingInfo": None,
        "inputs": {} if full else None,
        "outputs": _outputs(names, job) if full else None,
    }


def _outputs(names: Names, job: Job) -> JsonObject:
    outputs = {"default": {"assetId": _asset(names, job, "default", "uri_folder"), "type": "UriFolder"}}
    for name, output in job["outputs"].items():
        outputs[name] = {"assetId": _asset(names, job, name, output["type"]), "type": pascal(output["type"])}
    return outputs


def _asset(names: Names, job: Job, output: str, kind: str) -> str:
    asset_kind = "models" if kind in _MODEL_TYPES else "data"
    return names.asset_id(asset_kind, f"azureml_{job['name']}{OUTPUT_MARK}{output}", "1")


@route("api", "GET", _RUNS + "/runs/{name}")
def get_run(call: Call) -> Response:
    """Get a run."""
    return json_response(200, _run_body(call.workspace.names, find_job(call.workspace, call["name"]), full=False))


@route("api", "PATCH", _RUNS + "/experiments/{experiment}/runs/{name}")
def change_run(call: Call) -> Response:
    """Change the name, description, tags or properties of a run, or hide it; fields that are not named stay."""
    requested, store = call.request.json(), call.workspace.store
    with store.transaction():
        job = find_job(call.workspace, call["name"])
        if str(job["experiment"]).lower() != call["experiment"].lower():
            raise ServiceError(404, "UserError", f"Experiment {call['experiment']} has no run {call['name']}.")
        kept = {"description": requested.get("description"), "isArchived": requested.get("hidden")}
        job = store.change(
            keys.job(job["name"]),
            display=requested.get("displayName") or job["display"],
            tags={**job["tags"], **(requested.get("tags") or {})},
            properties={**job["properties"], **(requested.get("properties") or {})},
            requested={**job["requested"], **{key: value for key, value in kept.items() if value is not None}},
        )
    return json_response(200, _run_body(call.workspace.names, with_current_status(call.workspace, job), full=False))


@route("api", "GET", _RUNS + "/runs/{name}/children")
def children(call: Call) -> Response:
    """List the steps of a run."""
    find_job(call.workspace, call["name"])
    rows = call.workspace.store.documents(keys.steps(call["name"]))
    runs = [_run_body(call.workspace.names, with_current_status(call.workspace, job), full=False) for _, job in rows]
    return json_response(200, {"value": runs})


@route("api", "GET", _RUNS + "/runs/{name}/details")
def details(call: Call) -> Response:
    """Get a run with the addresses of its logs."""
    job = find_job(call.workspace, call["name"])
    container = job["properties"].get("azureml.reusedrunid", job["name"])
    prefix = f"ExperimentRun/dcid.{container}/"
    host = f"https://{call.workspace.names.storage_host}/{ARTIFACTS}"
    signed = signature(call.workspace, "b", "r")
    logs = {
        blob.name.removeprefix(prefix): f"{host}/{blob.name}?{signed}"
        for blob in call.workspace.blobs.find(ARTIFACTS, prefix)
    }
    run = _run_body(call.workspace.names, job, full=True)
    chosen = ("runId", "runUuid", "parentRunId", "rootRunId", "target", "status", "startTimeUtc", "endTimeUtc")
    body = {
        **{key: run[key] for key in (*chosen, "error", "warnings", "tags", "properties", "parameters")},
        "services": {},
        "inputDatasets": [],
        "outputDatasets": [],
        "runDefinition": None,
        "logFiles": logs,
        "submittedBy": "embedded",
    }
    return json_response(200, body)


@route("api", "POST", _RUNS + "/rundata")
def run_data(call: Call) -> Response:
    """Get a run with its outputs."""
    job = find_job(call.workspace, str(call.request.json().get("runId")))
    body = {
        "runMetadata": _run_body(call.workspace.names, job, full=True),
        "runDefinition": None,
        "jobSpecification": None,
    }
    return json_response(200, body)
