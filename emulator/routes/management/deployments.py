"""Deployments of batch endpoints: of pipeline components, and of models."""

from emulator.routes import operations
from emulator.routes.management.endpoints import (
    ENDPOINT,
    changed_document,
    check_name,
    check_tags,
    is_done,
    provisioning_state,
)
from emulator.routes.management.model_deployments import check_model_deployment, model_fields
from emulator.routes.routing import Call, route
from emulator.routes.system_data import OF_ENDPOINT, system_data
from emulator.state import keys
from emulator.state.lookup import find_deployment, find_endpoint, stored_component
from emulator.state.records import Deployment
from emulator.wire import limits
from emulator.wire.api_versions import supported_fields
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JSON, JsonObject, Response, json_response

_DEPLOYMENT = ENDPOINT + "/deployments/{deployment}"
_OLD_FORM = "ComponentDeployment."


def _configuration(requested: JsonObject) -> tuple[str, JsonObject]:
    """Return the component id and the settings, from the current form of the request or the form of 2022."""
    configuration = requested.get("deploymentConfiguration")
    if configuration:
        kind = configuration.get("deploymentConfigurationType")
        if kind != "PipelineComponent":
            raise unsupported(f"A deployment of type {kind}")
        component = (configuration.get("componentId") or {}).get("assetId")
        return str(component), configuration.get("settings") or {}
    properties = requested.get("properties") or {}
    prefix = f"{_OLD_FORM}Settings."
    settings = {key[len(prefix) :]: value for key, value in properties.items() if key.startswith(prefix)}
    if compute := requested.get("compute"):
        settings.setdefault("default_compute", compute)
    return str(properties[f"{_OLD_FORM}ComponentId"]), settings


def _deploys_component(requested: JsonObject) -> bool:
    """Return whether a request is about a pipeline component; every other one is about a model."""
    return "deploymentConfiguration" in requested or f"{_OLD_FORM}ComponentId" in (requested.get("properties") or {})


def _of_component() -> JsonObject:
    """Return the fields that a deployment of a pipeline component shows without having them."""
    return {
        "codeConfiguration": None,
        "environmentId": None,
        "environmentVariables": None,
        "compute": None,
        "errorThreshold": 0,
        "retrySettings": {"maxRetries": 0, "timeout": "PT0S"},
        "miniBatchSize": 0,
        "loggingLevel": "Info",
        "model": None,
        "maxConcurrencyPerInstance": 0,
        "outputAction": "SummaryOnly",
        "outputFileName": None,
        "resources": {"instanceCount": 1, "instanceType": None, "properties": None},
    }


def _deployment_body(call: Call, name: str, stored: Deployment, done: bool) -> JsonObject:
    requested = stored["requested"]
    properties = {
        "description": requested.get("description"),
        "properties": requested.get("properties") or {},
        **(_of_component() if stored["component"] else model_fields(requested)),
        "provisioningState": provisioning_state(stored, done),
    }
    tags = dict(stored["tags"])
    if "deploymentConfiguration" in requested:
        properties["deploymentConfiguration"] = requested["deploymentConfiguration"]
    elif stored["component"]:
        tags[f"{_OLD_FORM}ComponentId"] = stored["component"]
    endpoint = call["endpoint"]
    return {
        "id": f"{call.workspace.names.arm}/batchEndpoints/{endpoint}/deployments/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",
        "properties": supported_fields("deployment", properties, call.request.api_version),
        "systemData": system_data(stored, OF_ENDPOINT),
        "tags": tags,
        "location": stored["location"],
    }


def _check_limits(call: Call) -> None:
    """Check that the endpoint and the subscription may have one more deployment.

    Raises:
        ServiceError: they may not.
    """
    store, most = call.workspace.store, limits.DEPLOYMENTS_PER_ENDPOINT.value
    if len(store.documents(keys.deployments(call["endpoint"]))) >= most:
        raise bad_request(f"Endpoint {call['endpoint']} has {most} deployments, the most allowed; delete one first.")
    endpoints = [name for name, _ in store.documents(keys.ENDPOINTS)]
    if sum(len(store.documents(keys.deployments(name))) for name in endpoints) >= limits.DEPLOYMENTS.value:
        raise bad_request(f"The subscription has {limits.DEPLOYMENTS.value} deployments in this region.")


@route("management", "PUT", _DEPLOYMENT)
def put_deployment(call: Call) -> Response:
    """Batch Deployments - Create Or Update."""
    find_endpoint(call.workspace, call["endpoint"])
    check_name("deployment", call["deployment"])
    body = call.request.json()
    check_tags(body.get("tags") or {})
    requested = body.get("properties") or {}
    component_id = ""
    settings: JsonObject = {}
    if _deploys_component(requested):
        component_id, settings = _configuration(requested)
        component = stored_component(call.workspace, component_id)
        if component["requested"]["componentSpec"]["type"] != "pipeline":
            raise bad_request(f"Component {component_id} is not a pipeline component.", "ArgumentInvalid")
    else:
        check_model_deployment(call.workspace, requested)
    store = call.workspace.store
    identity = keys.deployment(call["endpoint"], call["deployment"])
    with store.transaction():
        existing = store.get(identity)
        if existing is None:
            _check_limits(call)
        stored: Deployment = {**changed_document(existing, body), "component": component_id, "settings": settings}
        store.put(identity, stored)
    response_body = _deployment_body(call, call["deployment"], stored, done=False)
    return json_response(201, response_body, operations.start_operation(call, "bd"))


@route("management", "GET", _DEPLOYMENT)
def get_deployment(call: Call) -> Response:
    """Batch Deployments - Get."""
    stored = find_deployment(call.workspace, call["endpoint"], call["deployment"])
    return json_response(200, _deployment_body(call, call["deployment"], stored, is_done(stored)))


@route("management", "GET", ENDPOINT + "/deployments")
def list_deployments(call: Call) -> Response:
    """Batch Deployments - List."""
    find_endpoint(call.workspace, call["endpoint"])
    rows = call.workspace.store.documents(keys.deployments(call["endpoint"]))
    value = [_deployment_body(call, name, stored, is_done(stored)) for name, stored in rows]
    return json_response(200, {"value": value})


@route("management", "DELETE", _DEPLOYMENT)
def delete_deployment(call: Call) -> Response:
    """Batch Deployments - Delete."""
    find_deployment(call.workspace, call["endpoint"], call["deployment"])
    call.workspace.store.delete(keys.deployment(call["endpoint"], call["deployment"]))
    return Response(202, {"Content-Type": JSON, **operations.start_operation(call, "bd")})
