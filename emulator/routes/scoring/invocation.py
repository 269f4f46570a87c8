"""Invocations of batch endpoints, and the jobs that they started."""

import random
import string
import uuid

from emulator.jobs.observation import with_current_status
from emulator.jobs.plans import plan_job
from emulator.jobs.submission import start_job
from emulator.routes.job_bodies import run_properties, services
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import OF_INVOCATION, job_system_data
from emulator.state import keys
from emulator.state.documents import Collection
from emulator.state.lookup import find_deployment, find_endpoint
from emulator.state.records import Job
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, Names, snake

_DATA_PLANE = "/mferp/managementfrontend" + WORKSPACE + "/batchEndpoints/{endpoint}"

_QUALITIES = ("calm", "clever", "frosty", "green", "jolly", "quiet", "sunny", "witty")
_THINGS = ("apple", "cloud", "garden", "kite", "lamp", "river", "tree", "yacht")


@route("scoring", "POST", "/jobs")
def invoke(call: Call) -> Response:
    """Start a job of the deployment in the header, or else of the default deployment."""
    endpoint = call.request.host.partition(".")[0]
    stored = find_endpoint(call.workspace, endpoint)
    name = call.request.header("azureml-model-deployment")
    name = name or (stored["requested"].get("defaults") or {}).get("deploymentName") or ""
    if not name:
        raise bad_request(f"Endpoint {endpoint} has no default deployment; name one.", "ArgumentBlankOrEmpty")
    deployment = find_deployment(call.workspace, endpoint, name)
    requested = call.request.json().get("properties") or {}
    job_request = {
        "componentId": deployment["component"],
        "experimentName": requested.get("experimentName") or endpoint,
        "displayName": requested.get("displayName") or _made_up_name(),
        "tags": {**(requested.get("tags") or {}), "azureml.deploymentname": name},
        "inputs": requested.get("inputData") or {},
        "outputs": {key: _output(value) for key, value in (requested.get("outputData") or {}).items()},
        "settings": deployment["settings"],
    }
    plan = plan_job(call.workspace, job_request)
    properties = {"azureml.runLineageType": "batchDeployment", "runSource": "BatchDeployment"}
    job = start_job(call.workspace, str(uuid.uuid4()), "Pipeline", job_request, plan, properties)
    for collection in (keys.endpoint_jobs(endpoint), keys.deployment_jobs(endpoint, name)):
        call.workspace.store.join(collection, keys.job(job["name"]))
    location = (
        f"https://{API}/mferp/managementfrontend{call.workspace.names.arm}/batchEndpoints/{endpoint}"
        f"/deployments/{name}?api-version=2020-09-01-dataplanepreview"
    )
    return json_response(
        201, _body(call.workspace.names, job, requested), {"azureml-model-deployment": name, "Location": location}
    )


def _made_up_name() -> str:
    """Return a random display name, which the service gives a job without one."""
    suffix = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
    return f"{random.choice(_QUALITIES)}_{random.choice(_THINGS)}_{suffix}"


def _output(given: JsonObject) -> JsonObject:
    return {"uri": given.get("uri"), "jobOutputType": given.get("jobOutputType"), "mode": given.get("mode")}


def _body(names: Names, job: Job, requested: JsonObject) -> JsonObject:
    return {
        "id": f"{names.arm}/batchEndpoints//jobs/{job['name']}",
        "name": job["name"],
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/jobs",
        "properties": {
            "provisioningState": "Succeeded",
            "inputData": {name: _input(given) for name, given in (requested.get("inputData") or {}).items()},
            "compute": {
                "target": None,
                "instanceCount": None,
                "isLocal": False,
                "location": None,
                "instanceType": None,
                "properties": None,
            },
            "output": {"datastoreId": None, "path": None},
            "status": job["status"],
            "interactionEndpoints": services(names, job["name"], "jobEndpointType"),
            "tags": job["tags"],
            "properties": run_properties(job),
            "name": job["display"],
        },
        "systemData": job_system_data(job["created"], OF_INVOCATION),
    }


def _input(given: JsonObject) -> JsonObject:
    if snake(str(given.get("jobInputType", "literal"))) == "literal":
        return {"description": None, **given}
    return {"description": None, "mode": "ReadOnlyMount", **given}


def _jobs(call: Call, collection: Collection[Job]) -> Response:
    jobs = call.workspace.store.members(collection)
    return json_response(
        200, {"value": [_body(call.workspace.names, with_current_status(call.workspace, job), {}) for job in jobs]}
    )


@route("api", "GET", _DATA_PLANE + "/jobs")
def endpoint_jobs(call: Call) -> Response:
    """List the jobs of an endpoint."""
    find_endpoint(call.workspace, call["endpoint"])
    return _jobs(call, keys.endpoint_jobs(call["endpoint"]))


@route("api", "GET", _DATA_PLANE + "/deployments/{deployment}/jobs")
def deployment_jobs(call: Call) -> Response:
    """List the jobs of a deployment."""
    find_deployment(call.workspace, call["endpoint"], call["deployment"])
    return _jobs(call, keys.deployment_jobs(call["endpoint"], call["deployment"]))
