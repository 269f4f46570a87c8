"""Compute clusters: a name with a size; what runs on them runs on this machine."""

import re
import time

from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.records import Compute
from emulator.wire.errors import bad_request, not_found, unsupported
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import REGION, Names, now_text

_NODE_STATES = ("preparing", "running", "idle", "unusable", "leaving", "preempted")


def _body(names: Names, name: str, stored: Compute, done: bool) -> JsonObject:
    """Describe a cluster: ``done`` with being allocated, or still at it."""
    return {
        "id": f"{names.arm}/computes/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "location": stored["location"],
        "tags": stored["tags"] or {},
        "properties": {
            "createdOn": now_text(stored["created"]),
            "modifiedOn": now_text(stored["modified"]),
            "disableLocalAuth": False,
            "description": stored["description"],
            "resourceId": None,
            "computeType": "AmlCompute",
            "computeLocation": stored["location"],
            "provisioningState": "Succeeded" if done else "Creating",
            "provisioningErrors": None,
            "isAttachedCompute": False,
            "properties": _cluster(stored, done),
        },
    }


def _cluster(stored: Compute, done: bool) -> JsonObject:
    asked = stored["properties"]
    cluster: JsonObject = {
        "vmSize": str(asked.get("vmSize", "STANDARD_DS3_V2")).upper(),
        "vmPriority": asked.get("vmPriority", "Dedicated"),
        "scaleSettings": asked.get("scaleSettings"),
        "subnet": asked.get("subnet"),
        "currentNodeCount": None,
        "targetNodeCount": None,
        "nodeStateCounts": None,
        "allocationState": None,
        "errors": None,
        "remoteLoginPortPublicAccess": asked.get("remoteLoginPortPublicAccess", "NotSpecified"),
        "osType": asked.get("osType", "Linux"),
        "virtualMachineImage": None,
        "isolatedNetwork": False,
    }
    if "enableNodePublicIp" in asked:
        cluster["enableNodePublicIp"] = asked["enableNodePublicIp"]
    if not done:
        return cluster
    if "userAccountCredentials" in asked:
        cluster["userAccountCredentials"] = asked["userAccountCredentials"]
    return {
        **cluster,
        "currentNodeCount": 0,
        "targetNodeCount": 0,
        "nodeStateCounts": {f"{count}NodeCount": 0 for count in _NODE_STATES},
        "allocationState": "Steady",
        "allocationStateTransitionTime": now_text(stored["modified"]),
        "enableBatchPrivateLink": False,
        "propertyBag": {},
    }


@route("management", "PUT", WORKSPACE + "/computes/{name}")
def put_compute(call: Call) -> Response:
    """Compute - Create Or Update, of kind AmlCompute."""
    body = call.request.json()
    properties = body.get("properties", {})
    if properties.get("computeType") != "AmlCompute":
        raise unsupported(f"A compute of type {properties.get('computeType')}")
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]{1,31}(?<!-)", call["name"]):
        raise bad_request(
            f"Compute name {call['name']} is invalid. It can include letters, digits and dashes. It must start with a"
            " letter, end with a letter or digit, and be between 2 and 32 characters in length."
        )
    identity = keys.compute(call["name"])
    existing = call.workspace.store.get(identity)
    now = time.time()
    stored: Compute = {
        "created": existing["created"] if existing else now,
        "modified": now,
        "location": body.get("location") or REGION,
        "tags": body.get("tags"),
        "description": properties.get("description"),
        "properties": _without_password(properties.get("properties") or {}),
    }
    call.workspace.store.put(identity, stored)
    answer = _body(call.workspace.names, call["name"], stored, done=False)
    if existing:
        names = call.workspace.names
        batch = f"/subscriptions/{names.subscription}/resourceGroups/{names.group}/providers/Microsoft.BatchAI"
        answer["properties"]["resourceId"] = f"{batch}/workspaces/{names.workspace}/clusters/{call['name']}"
    else:
        answer["tags"] = stored["tags"]
        del answer["properties"]["computeLocation"]
    return json_response(201, answer, operations.begin_compute(call))


def _without_password(asked: JsonObject) -> JsonObject:
    if account := asked.get("userAccountCredentials"):
        return {**asked, "userAccountCredentials": {**account, "adminUserPassword": None}}
    return asked


def _get(call: Call) -> Compute:
    absent = not_found(f"Compute not found with name {call['name']}", "NotFound", "ComputeNotFound")
    return call.workspace.store.find(keys.compute(call["name"]), absent)


@route("management", "GET", WORKSPACE + "/computes/{name}")
def get_compute(call: Call) -> Response:
    """Compute - Get."""
    stored = _get(call)
    return json_response(200, _body(call.workspace.names, call["name"], stored, operations.ready(stored["modified"])))


@route("management", "GET", WORKSPACE + "/computes")
def list_computes(call: Call) -> Response:
    """Compute - List."""
    rows = call.workspace.store.documents(keys.COMPUTES)
    return json_response(
        200,
        {
            "value": [
                _body(call.workspace.names, name, stored, operations.ready(stored["modified"])) for name, stored in rows
            ]
        },
    )


@route("management", "DELETE", WORKSPACE + "/computes/{name}")
def delete_compute(call: Call) -> Response:
    """Compute - Delete."""
    _get(call)
    call.workspace.store.delete(keys.compute(call["name"]))
    return Response(202, operations.begin_compute(call))
