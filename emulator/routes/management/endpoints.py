"""Batch endpoints, and what they have in common with their deployments."""

import re
import time

from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import OF_ENDPOINT, system_data
from emulator.state import keys
from emulator.state.lookup import find_endpoint
from emulator.state.records import Deployable, Endpoint
from emulator.state.surroundings import read_surroundings
from emulator.wire import limits
from emulator.wire.errors import bad_request, no_such
from emulator.wire.http import JSON, JsonObject, Response, json_response
from emulator.wire.names import REGION, SCORING_SUFFIX, Names

ENDPOINT = WORKSPACE + "/batchEndpoints/{endpoint}"


def provisioning_state(stored: Deployable, done: bool) -> str:
    """Return the provisioning state of an endpoint or deployment; ``done`` is whether its operation is complete."""
    if done:
        return "Succeeded"
    return "Creating" if stored["created"] == stored["modified"] else "Updating"


def is_done(stored: Deployable) -> bool:
    """Return whether the last operation on an endpoint or deployment is complete."""
    return operations.is_complete(stored["modified"])


def check_name(kind: str, name: str) -> None:
    """Check the name of an endpoint or deployment (``kind``).

    Raises:
        ServiceError: ``name`` is not valid.
    """
    shortest, longest = limits.NAME_SHORTEST.value, limits.NAME_LONGEST.value
    if not re.fullmatch(r"[A-Za-z](?:-?[A-Za-z0-9])*", name) or not shortest <= len(name) <= longest:
        raise bad_request(
            f"The {kind} name {name} is not valid: it starts with a letter, holds letters, digits and single '-', ends"
            f" with a letter or digit, and is {shortest} to {longest} characters long.",
            "ArgumentInvalid",
        )


def check_tags(tags: dict[str, str]) -> None:
    """Check the tags of an endpoint or deployment.

    Raises:
        ServiceError: there are too many, or one is empty or too long.
    """
    if len(tags) > limits.TAGS.value:
        raise bad_request(f"There are {len(tags)} tags; at most {limits.TAGS.value} are allowed.", "ArgumentInvalid")
    for name, value in tags.items():
        if value == "":
            raise bad_request(f"The value of tag {name} is empty.", "ArgumentBlankOrEmpty")
        if len(name) > limits.TAG_NAME.value or len(str(value)) > limits.TAG_VALUE.value:
            raise bad_request(
                f"Tag {name[:40]} is too long: {limits.TAG_NAME.value} characters for the name and"
                f" {limits.TAG_VALUE.value} for the value are allowed.",
                "ArgumentInvalid",
            )


def _endpoint_body(names: Names, name: str, stored: Endpoint, done: bool) -> JsonObject:
    """Return the body of an endpoint; ``done`` is whether its last operation is complete."""
    requested = stored["requested"]
    state = provisioning_state(stored, done)
    arm = f"{names.arm}/batchEndpoints/{name}"
    return {
        "id": arm,
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/batchEndpoints",
        "properties": {
            "description": requested.get("description"),
            "properties": {
                **(requested.get("properties") or {}),
                "BatchEndpointCreationApiVersion": stored["api_version"],
                "azureml.onlineendpointid": arm,
            },
            "scoringUri": None if state == "Creating" else f"https://{name}{SCORING_SUFFIX}/jobs",
            "swaggerUri": None,
            "authMode": "AADToken",
            "defaults": {"deploymentName": (requested.get("defaults") or {}).get("deploymentName")},
            "provisioningState": state,
        },
        "systemData": system_data(stored, OF_ENDPOINT),
        "tags": stored["tags"],
        "location": stored["location"],
    }


def changed_document(existing: Deployable | None, body: JsonObject) -> Deployable:
    """Return the document of an endpoint or deployment that a request with ``body`` creates or replaces."""
    now = time.time()
    return {
        "created": existing["created"] if existing else now,
        "modified": now,
        "requested": body.get("properties") or {},
        "tags": body.get("tags") or {},
        "location": body.get("location") or REGION,
    }


def _check_available(call: Call) -> None:
    """Check that the name of a new endpoint is free in the region, and that the subscription may have one more.

    Raises:
        ServiceError: it is not; the message is that of the service in ansible-collections/azure#2231.
    """
    name = call["endpoint"]
    if name in read_surroundings(call.workspace.state).names_taken:
        raise bad_request(
            f"The specified endpoint name '{name}' is not available. Endpoint names must be unique within the region."
            " Please choose a different name and try again."
        )
    if len(call.workspace.store.documents(keys.ENDPOINTS)) >= limits.ENDPOINTS.value:
        raise bad_request(f"The subscription has {limits.ENDPOINTS.value} endpoints in this region, the most allowed.")


@route("management", "PUT", ENDPOINT)
def put_endpoint(call: Call) -> Response:
    """Batch Endpoints - Create Or Update."""
    check_name("endpoint", call["endpoint"])
    body = call.request.json()
    requested = body.get("properties") or {}
    if str(requested.get("authMode", "aadToken")).lower() != "aadtoken":
        raise bad_request(f"Auth mode {requested['authMode']} is not supported for batch endpoints.", "ArgumentInvalid")
    check_tags(body.get("tags") or {})
    default = (requested.get("defaults") or {}).get("deploymentName")
    store, identity = call.workspace.store, keys.endpoint(call["endpoint"])
    with store.transaction():
        if default:
            store.find(keys.deployment(call["endpoint"], default), no_such("Deployment", default, call["endpoint"]))
        existing = store.get(identity)
        if existing is None:
            _check_available(call)
        stored: Endpoint = {
            **changed_document(existing, body),
            "api_version": existing["api_version"] if existing else call.request.api_version,
        }
        store.put(identity, stored)
    response_body = _endpoint_body(call.workspace.names, call["endpoint"], stored, done=False)
    return json_response(201, response_body, operations.start_operation(call, "be"))


@route("management", "GET", ENDPOINT)
def get_endpoint(call: Call) -> Response:
    """Batch Endpoints - Get."""
    stored = find_endpoint(call.workspace, call["endpoint"])
    return json_response(200, _endpoint_body(call.workspace.names, call["endpoint"], stored, is_done(stored)))


@route("management", "GET", WORKSPACE + "/batchEndpoints")
def list_endpoints(call: Call) -> Response:
    """Batch Endpoints - List."""
    rows = call.workspace.store.documents(keys.ENDPOINTS)
    return json_response(
        200, {"value": [_endpoint_body(call.workspace.names, name, stored, is_done(stored)) for name, stored in rows]}
    )


@route("management", "DELETE", ENDPOINT)
def delete_endpoint(call: Call) -> Response:
    """Batch Endpoints - Delete, with its deployments."""
    find_endpoint(call.workspace, call["endpoint"])
    call.workspace.store.delete(keys.endpoint(call["endpoint"]))
    return Response(202, {"Content-Type": JSON, **operations.start_operation(call, "be")})
