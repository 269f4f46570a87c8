"""Invocations of batch endpoints, and the jobs that they started."""

import uuid

from emulator.jobs.display_names import made_up_name
from emulator.jobs.observation import with_current_status
from emulator.jobs.plans import plan_job
from emulator.jobs.scoring import deployed_settings, plan_scoring
from emulator.jobs.submission import start_job
from emulator.routes.job_bodies import run_properties, services
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import OF_INVOCATION, job_system_data
from emulator.state import keys
from emulator.state.documents import Collection
from emulator.state.lookup import find_deployment, find_endpoint
from emulator.state.records import Deployment, Job
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, Names, snake

_DATA_PLANE = "/mferp/managementfrontend" + WORKSPACE + "/batchEndpoints/{endpoint}"


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
    start = _start_pipeline if deployment["component"] else _start_scoring
    job = start(call, endpoint, name, deployment, requested)
    for collection in (keys.endpoint_jobs(endpoint), keys.deployment_jobs(endpoint, name)):
        call.workspace.store.join(collection, keys.job(job["name"]))
    location = (
        f"https://{API}/mferp/managementfrontend{call.workspace.names.arm}/batchEndpoints/{endpoint}"
        f"/deployments/{name}?api-version=2020-09-01-dataplanepreview"
    )
    body = _body(call.workspace.names, endpoint, job, requested.get("inputData") or {})
    return json_response(201, body, {"azureml-model-deployment": name, "Location": location})


def _start_pipeline(call: Call, endpoint: str, name: str, deployment: Deployment, requested: JsonObject) -> Job:
    job_request = {
        "componentId": deployment["component"],
        "experimentName": requested.get("experimentName") or endpoint,
        "displayName": requested.get("displayName") or made_up_name(),
        "tags": {**(requested.get("tags") or {}), "azureml.deploymentname": name},
        "inputs": requested.get("inputData") or {},
        "outputs": {key: _output(value) for key, value in (requested.get("outputData") or {}).items()},
        "settings": deployment["settings"],
    }
    plan = plan_job(call.workspace, job_request)
    properties = {"azureml.runLineageType": "batchDeployment", "runSource": "BatchDeployment"}
    return start_job(call.workspace, str(uuid.uuid4()), "Pipeline", job_request, plan, properties)


def _start_scoring(call: Call, endpoint: str, name: str, deployment: Deployment, requested: JsonObject) -> Job:
    """Start a job of a deployment of a model; its form is that of test_batch_invoke."""
    of_model = deployment["requested"]
    given = requested.get("properties") or {}
    tags = {
        **(requested.get("tags") or {}),
        "outputType": "output_data",
        "inputType": "input_data",
        "azureml.batchrun": "true",
        "azureml.deploymentname": name,
        "azureml.jobtype": "azureml.batchjob",
    }
    job_request = {
        "description": f"Pipeline submission for endpoint: {endpoint}, deployment: {name}.",
        "experimentName": requested.get("experimentName") or given.get("experimentName") or endpoint,
        "displayName": requested.get("displayName") or made_up_name(),
        "tags": tags,
        "computeId": of_model.get("compute"),
        "settings": {"continue_on_step_failure": False},
        # What responses about the job show beside its own fields.
        "scoring": {**deployed_settings(of_model), "inputData": requested.get("inputData") or {}},
    }
    plan = plan_scoring(call.workspace, of_model, requested)
    identity = str(requested.get("name") or f"batchjob-{uuid.uuid4()}")
    # The pipeline that the service made for the deployment: all its jobs have the same.
    pipeline = uuid.uuid5(uuid.NAMESPACE_URL, f"{call.workspace.names.arm}/{endpoint}/{name}/{deployment['created']}")
    properties = {"runSource": "Unavailable", "azureml.pipelineid": str(pipeline)}
    return start_job(call.workspace, identity, "Pipeline", job_request, plan, properties)


def _output(given: JsonObject) -> JsonObject:
    return {"uri": given.get("uri"), "jobOutputType": given.get("jobOutputType"), "mode": given.get("mode")}


def _body(names: Names, endpoint: str, job: Job, inputs: JsonObject) -> JsonObject:
    """Return the body of a job of ``endpoint``; jobs of models and of pipelines have different forms, as recorded."""
    scoring = job["requested"].get("scoring")
    deployment = f"/deployments/{job['tags'].get('azureml.deploymentname')}" if scoring else ""
    return {
        "id": f"{names.arm}/batchEndpoints/{endpoint if scoring else ''}{deployment}/jobs/{job['name']}",
        "name": job["name"],
        "type": f"Microsoft.MachineLearningServices/workspaces/batchEndpoints{'/deployments' * bool(scoring)}/jobs",
        "properties": {
            "provisioningState": "Succeeded",
            "inputData": {name: _input(given) for name, given in inputs.items()},
            "compute": {
                "target": job["requested"].get("computeId") if scoring else None,
                "instanceCount": None,
                "isLocal": False,
                "location": None,
                "instanceType": None,
                "properties": None,
            },
            "output": {"datastoreId": None, "path": None},
            **({"retrySettings": scoring["retrySettings"]} if scoring else {}),
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
    jobs = [with_current_status(call.workspace, job) for job in call.workspace.store.members(collection)]
    return json_response(200, {"value": [_body(call.workspace.names, call["endpoint"], job, {}) for job in jobs]})


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
