"""Batch endpoints and their pipeline-component deployments."""

import re
import time
from typing import Any

from emulator import operations
from emulator.api_versions import known
from emulator.components import stored_component
from emulator.errors import bad_request, no_such, unsupported
from emulator.http import JSON, Response, json_response
from emulator.names import REGION, SCORING_SUFFIX, SYSTEM_CREATOR, now_text
from emulator.router import WORKSPACE, Call, route

_ENDPOINT = WORKSPACE + "/batchEndpoints/{endpoint}"
_DEPLOYMENT = _ENDPOINT + "/deployments/{deployment}"
_OLD_FORM = "ComponentDeployment."


def _system_data(stored: dict[str, Any]) -> dict[str, str]:
    return {
        "createdAt": now_text(stored["created"]),
        "createdBy": SYSTEM_CREATOR,
        "lastModifiedAt": now_text(stored["modified"]),
    }


def _provisioning_state(stored: dict[str, Any], done: bool) -> str:
    if done:
        return "Succeeded"
    return "Creating" if stored["created"] == stored["modified"] else "Updating"


def _done(stored: dict[str, Any]) -> bool:
    return operations.ready(stored["modified"])


def _check_name(kind: str, name: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,62}[A-Za-z0-9]", name) or len(name) > (
        32 if kind == "endpoint" else 64
    ):
        raise bad_request(
            f"The {kind} name {name} is not valid: it starts with a letter, holds letters, digits and '-', ends with a"
            f" letter or digit, and is 3 to {32 if kind == 'endpoint' else 64} characters long.",
            "ArgumentInvalid",
        )


def _endpoint_body(call: Call, name: str, stored: dict[str, Any], done: bool) -> dict[str, Any]:
    """Describe an endpoint: ``done`` with being made or changed, or still at it."""
    asked = stored["asked"]
    state = _provisioning_state(stored, done)
    arm = f"{call.workspace.names.arm}/batchEndpoints/{name}"
    return {
        "id": arm,
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints",
        "properties": {
            "description": asked.get("description"),
            "properties": {
                **(asked.get("properties") or {}),
                "BatchEndpointCreationApiVersion": stored["api_version"],
                "azureml.onlineendpointid": arm,
            },
            "scoringUri": None if state == "Creating" else f"https://{name}{SCORING_SUFFIX}/jobs",
            "swaggerUri": None,
            "authMode": "AADToken",
            "defaults": {"deploymentName": (asked.get("defaults") or {}).get("deploymentName")},
            "provisioningState": state,
        },
        "systemData": _system_data(stored),
        "tags": stored["tags"],
        "location": stored["location"],
    }


def find_endpoint(call: Call, name: str) -> dict[str, Any]:
    """Return the stored endpoint ``name``.

    Raises:
        ServiceError: there is none (``NoSuchEndpoint``).
    """
    stored = call.workspace.store.get(f"batchEndpoints/{name}")
    if stored is None:
        raise no_such("Endpoint", name, call.workspace.names.workspace)
    return stored


def find_deployment(call: Call, endpoint: str, name: str) -> dict[str, Any]:
    """Return the stored deployment ``name`` of ``endpoint``.

    Raises:
        ServiceError: there is no such endpoint or deployment.
    """
    find_endpoint(call, endpoint)
    stored = call.workspace.store.get(f"batchEndpoints/{endpoint}/deployments/{name}")
    if stored is None:
        raise no_such("Deployment", name, endpoint)
    return stored


@route("management", "PUT", _ENDPOINT)
def put_endpoint(call: Call) -> Response:
    """Batch Endpoints - Create Or Update."""
    _check_name("endpoint", call["endpoint"])
    body = call.request.json()
    asked = body.get("properties") or {}
    if str(asked.get("authMode", "aadToken")).lower() != "aadtoken":
        raise bad_request(f"Auth mode {asked['authMode']} is not supported for batch endpoints.", "ArgumentInvalid")
    empty = [name for name, value in (body.get("tags") or {}).items() if value == ""]
    if empty:
        raise bad_request(f"The value of tag {empty[0]} is empty.", "ArgumentBlankOrEmpty")
    default = (asked.get("defaults") or {}).get("deploymentName")
    store, identity = call.workspace.store, f"batchEndpoints/{call['endpoint']}"
    now = time.time()
    with store.transaction():
        if default and store.get(f"{identity}/deployments/{default}") is None:
            raise no_such("Deployment", default, call["endpoint"])
        existing = store.get(identity)
        stored = {
            "created": existing["created"] if existing else now,
            "modified": now,
            "asked": asked,
            "tags": body.get("tags") or {},
            "location": body.get("location") or REGION,
            "api_version": existing["api_version"] if existing else call.request.query.get("api-version"),
        }
        store.put(identity, stored)
    answer = _endpoint_body(call, call["endpoint"], stored, done=False)
    return json_response(201, answer, operations.begin(call, "be"))


@route("management", "GET", _ENDPOINT)
def get_endpoint(call: Call) -> Response:
    """Batch Endpoints - Get."""
    stored = find_endpoint(call, call["endpoint"])
    return json_response(200, _endpoint_body(call, call["endpoint"], stored, _done(stored)))


@route("management", "GET", WORKSPACE + "/batchEndpoints")
def list_endpoints(call: Call) -> Response:
    """Batch Endpoints - List."""
    rows = call.workspace.store.documents("batchEndpoints")
    return json_response(200, {"value": [_endpoint_body(call, name, stored, _done(stored)) for name, stored in rows]})


@route("management", "DELETE", _ENDPOINT)
def delete_endpoint(call: Call) -> Response:
    """Batch Endpoints - Delete, with its deployments."""
    find_endpoint(call, call["endpoint"])
    call.workspace.store.delete(f"batchEndpoints/{call['endpoint']}")
    return Response(202, {"Content-Type": JSON, **operations.begin(call, "be")})


def _configuration(asked: dict[str, Any]) -> dict[str, Any]:
    """Return component id and settings, from today's form of the request or the one recorded in 2022."""
    configuration = asked.get("deploymentConfiguration")
    if configuration:
        kind = configuration.get("deploymentConfigurationType")
        if kind != "PipelineComponent":
            raise unsupported(f"A deployment of type {kind}")
        component = (configuration.get("componentId") or {}).get("assetId")
        return {"component": component, "settings": configuration.get("settings") or {}}
    properties = asked.get("properties") or {}
    if f"{_OLD_FORM}ComponentId" not in properties:
        raise unsupported("A deployment of a model (only pipeline components can be deployed)")
    prefix = f"{_OLD_FORM}Settings."
    settings = {key[len(prefix) :]: value for key, value in properties.items() if key.startswith(prefix)}
    if compute := asked.get("compute"):
        settings.setdefault("default_compute", compute)
    return {"component": properties[f"{_OLD_FORM}ComponentId"], "settings": settings}


def _deployment_body(call: Call, name: str, stored: dict[str, Any], done: bool) -> dict[str, Any]:
    asked = stored["asked"]
    properties = {
        "description": asked.get("description"),
        "properties": asked.get("properties") or {},
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
        "provisioningState": _provisioning_state(stored, done),
    }
    tags = dict(stored["tags"])
    if "deploymentConfiguration" in asked:
        properties["deploymentConfiguration"] = asked["deploymentConfiguration"]
    else:
        tags[f"{_OLD_FORM}ComponentId"] = stored["component"]
    endpoint = call["endpoint"]
    return {
        "id": f"{call.workspace.names.arm}/batchEndpoints/{endpoint}/deployments/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints/deployments",
        "properties": known("deployment", properties, call.request.query.get("api-version", "")),
        "systemData": _system_data(stored),
        "tags": tags,
        "location": stored["location"],
    }


@route("management", "PUT", _DEPLOYMENT)
def put_deployment(call: Call) -> Response:
    """Batch Deployments - Create Or Update."""
    find_endpoint(call, call["endpoint"])
    _check_name("deployment", call["deployment"])
    body = call.request.json()
    asked = body.get("properties") or {}
    configuration = _configuration(asked)
    component = stored_component(call, str(configuration["component"]))
    if component["asked"]["componentSpec"]["type"] != "pipeline":
        raise bad_request(f"Component {configuration['component']} is not a pipeline component.", "ArgumentInvalid")
    store = call.workspace.store
    identity = f"batchEndpoints/{call['endpoint']}/deployments/{call['deployment']}"
    now = time.time()
    with store.transaction():
        existing = store.get(identity)
        stored = {
            "created": existing["created"] if existing else now,
            "modified": now,
            "asked": asked,
            "tags": body.get("tags") or {},
            "location": body.get("location") or REGION,
            **configuration,
        }
        store.put(identity, stored)
    answer = _deployment_body(call, call["deployment"], stored, done=False)
    return json_response(201, answer, operations.begin(call, "bd"))


@route("management", "GET", _DEPLOYMENT)
def get_deployment(call: Call) -> Response:
    """Batch Deployments - Get."""
    stored = find_deployment(call, call["endpoint"], call["deployment"])
    return json_response(200, _deployment_body(call, call["deployment"], stored, _done(stored)))


@route("management", "GET", _ENDPOINT + "/deployments")
def list_deployments(call: Call) -> Response:
    """Batch Deployments - List."""
    find_endpoint(call, call["endpoint"])
    rows = call.workspace.store.documents(f"batchEndpoints/{call['endpoint']}/deployments")
    value = [_deployment_body(call, name, stored, _done(stored)) for name, stored in rows]
    return json_response(200, {"value": value})


@route("management", "DELETE", _DEPLOYMENT)
def delete_deployment(call: Call) -> Response:
    """Batch Deployments - Delete."""
    find_deployment(call, call["endpoint"], call["deployment"])
    call.workspace.store.delete(f"batchEndpoints/{call['endpoint']}/deployments/{call['deployment']}")
    return Response(202, {"Content-Type": JSON, **operations.begin(call, "bd")})
