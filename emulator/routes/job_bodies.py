"""The bodies that describe jobs in responses of the control plane."""

import json

from emulator.routes.system_data import job_system_data
from emulator.state.records import Job
from emulator.wire.api_versions import supported_fields
from emulator.wire.http import JsonObject
from emulator.wire.names import Names, delivery_mode, now_text, snake


def job_body(names: Names, api_version: str, job: Job) -> JsonObject:
    """Return the body of ``Jobs - Get``; for a step of a pipeline it has no properties, as recorded."""
    body: JsonObject = {
        "id": f"{names.arm}/jobs/{job['name']}",
        "name": job["name"],
        "type": "Microsoft.MachineLearningServices/workspaces/jobs",
    }
    if job["kind"] in ("Pipeline", "Command", "Sweep"):
        body["properties"] = _properties(names, job, api_version)
    body["systemData"] = job_system_data(job["created"])
    return body


def services(names: Names, job: str, key: str = "jobServiceType") -> JsonObject:
    """Return the addresses of a job in MLflow and in the studio, by service; ``key`` is the name of the type field."""
    studio = (
        f"https://ml.azure.com/runs/{job}?wsid=/subscriptions/{names.subscription}"
        f"/resourcegroups/{names.group}/workspaces/{names.workspace}"
    )
    endpoints = {"Tracking": f"{names.tracking_uri}?", "Studio": studio}
    more = {"status": None, "errorMessage": None, "nodes": None} if key == "jobServiceType" else {}
    return {
        kind: {key: kind, "port": None, "endpoint": endpoint, **more, "properties": None}
        for kind, endpoint in endpoints.items()
    }


def job_definition(names: Names, api_version: str, requested: JsonObject) -> JsonObject:
    """Return the body of a job that is not submitted yet, in a schedule; fields that it lacks are null, as recorded."""
    job: Job = {
        "name": "",
        "kind": str(requested.get("jobType")),
        "display": requested.get("displayName"),  # type: ignore[typeddict-item]
        "experiment": requested.get("experimentName", "Default"),
        "tags": requested.get("tags"),  # type: ignore[typeddict-item]
        "properties": {},
        "status": "NotStarted",
        "created": 0.0,
        "started": None,
        "ended": None,
        "parent": None,
        "root": "",
        "target": None,
        "error": None,
        "outputs": {},
        "requested": requested,
    }
    body = _properties(names, job, api_version)
    body.update(services=requested.get("services"), properties=requested.get("properties"))
    body["outputs"].pop("default", None)
    if job["kind"] == "Pipeline":
        body.update({key: requested.get(key) for key in ("settings", "jobs", "sourceJobId")})
        body.update({key: None for key in ("inputs", "outputs") if requested.get(key) is None})
    else:
        body["parameters"] = None
    return body


def run_properties(job: Job) -> dict[str, str]:
    """Return the properties of a job with those that the service adds."""
    properties: dict[str, str] = dict(job["properties"])
    if job["kind"] == "Pipeline" and job["started"] and job["ended"]:
        stage = {"StartTime": now_text(job["started"]), "EndTime": now_text(job["ended"]), "Status": "Finished"}
        properties["azureml.pipelines.stages"] = json.dumps(
            {"Initialization": None, "Execution": stage}, separators=(",", ":")
        )
    return properties


def _properties(names: Names, job: Job, api_version: str) -> JsonObject:
    requested = job["requested"]
    body: JsonObject = {
        "description": requested.get("description"),
        "tags": job["tags"],
        "properties": run_properties(job),
        "displayName": job["display"],
        "status": job["status"],
        "experimentName": job["experiment"],
        "services": services(names, job["name"]),
        "computeId": requested.get("computeId"),
        "isArchived": bool(requested.get("isArchived")),
        "identity": requested.get("identity"),
        "componentId": requested.get("componentId"),
        "notificationSetting": None,
        "secretsConfiguration": None,
        "jobType": job["kind"],
        "inputs": {name: _input(given) for name, given in (requested.get("inputs") or {}).items()},
        "outputs": {name: _output(given, api_version) for name, given in (requested.get("outputs") or {}).items()},
    }
    if requested.get("scoring"):
        # A job of a deployed model shows nothing of its pipeline.
        body.update(settings=None, jobs=None, inputs=None, outputs=None, computeId=None, sourceJobId=None)
        return supported_fields("job", body, api_version)
    if job["kind"] == "Pipeline":
        body.update(settings=requested.get("settings") or {}, jobs=requested.get("jobs") or {}, sourceJobId=None)
        return supported_fields("job", body, api_version)
    body["outputs"]["default"] = _output(
        {
            "uri": f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{job['name']}",
            "jobOutputType": "uri_folder",
        },
        api_version,
    )
    if job["kind"] == "Sweep":
        fields = ("searchSpace", "samplingAlgorithm", "limits", "earlyTermination", "objective", "trial")
        body.update({key: requested.get(key) for key in (*fields, "queueSettings", "resources")})
        return supported_fields("job", body, api_version)
    resources: JsonObject = {
        "instanceCount": 1,
        "maxInstanceCount": None,
        "instanceType": None,
        "locations": None,
        "properties": None,
        "shmSize": "2g",
        "dockerArgs": None,
    }
    body.update(
        queueSettings=requested.get("queueSettings"),
        resources={**supported_fields("job resources", resources, api_version), **(requested.get("resources") or {})},
        codeId=requested.get("codeId"),
        command=requested.get("command"),
        environmentId=requested.get("environmentId"),
        distribution=requested.get("distribution"),
        autologgerSettings=None,
        limits=requested.get("limits"),
        environmentVariables=requested.get("environmentVariables") or {},
        parameters={},
    )
    return supported_fields("job", body, api_version)


def _input(given: JsonObject) -> JsonObject:
    kind = snake(str(given.get("jobInputType", "literal")))
    if kind == "literal":
        return {"description": None, "jobInputType": "literal", "value": given.get("value")}
    mode = delivery_mode(given.get("mode") or "ReadOnlyMount")
    return {"description": given.get("description"), "uri": given.get("uri"), "mode": mode, "jobInputType": kind}


def _output(given: JsonObject, api_version: str) -> JsonObject:
    fields = {
        "description": given.get("description"),
        "uri": given.get("uri"),
        "assetName": given.get("assetName"),
        "assetVersion": given.get("assetVersion"),
        "mode": delivery_mode(given.get("mode") or "ReadWriteMount"),
        "autoDeleteSetting": None,
        "jobOutputType": snake(str(given.get("jobOutputType", "uri_folder"))),
    }
    return supported_fields("job output", fields, api_version)
