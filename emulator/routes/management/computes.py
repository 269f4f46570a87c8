"""Compute clusters: a cluster is a stored name and size; its jobs run on this machine."""

import re
import time
import uuid

from emulator.jobs.observation import with_current_status
from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.queries import live_jobs
from emulator.state.records import TERMINAL, Compute
from emulator.wire import limits
from emulator.wire.errors import bad_request, not_found, unsupported
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import REGION, Names, now_text

_NODE_STATES = ("preparing", "running", "idle", "unusable", "leaving", "preempted")


def _busy_nodes(call: Call, name: str, stored: Compute) -> int:
    """Return the number of nodes that run jobs: one for each job, up to the maximum of the cluster."""
    most = (stored["properties"].get("scaleSettings") or {}).get("maxNodeCount") or 1
    jobs = [job for job in live_jobs(call.workspace.store) if str(job["target"]).lower() == name.lower()]
    running = [job for job in jobs if with_current_status(call.workspace, job)["status"] not in TERMINAL]
    return min(len(running), int(most))


def _body(names: Names, name: str, stored: Compute, done: bool, busy: int = 0) -> JsonObject:
    """Return the body of a cluster; ``done`` is whether its allocation is complete, ``busy`` counts the busy nodes."""
    identity = stored["identity"]
    return {
        "id": f"{names.arm}/computes/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "location": stored["location"],
        "tags": stored["tags"] or {},
        **({"identity": identity} if identity else {}),
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
            **({"provisioningWarnings": None} if done else {}),
            "isAttachedCompute": False,
            "properties": _cluster(stored, done, busy),
        },
    }


def _cluster(stored: Compute, done: bool, busy: int) -> JsonObject:
    requested = stored["properties"]
    cluster: JsonObject = {
        "vmSize": str(requested.get("vmSize", "STANDARD_DS3_V2")).upper(),
        "vmPriority": requested.get("vmPriority", "Dedicated"),
        "scaleSettings": requested.get("scaleSettings"),
        "subnet": requested.get("subnet"),
        "currentNodeCount": None,
        "targetNodeCount": None,
        "nodeStateCounts": None,
        "allocationState": None,
        "errors": None,
        "remoteLoginPortPublicAccess": requested.get("remoteLoginPortPublicAccess", "NotSpecified"),
        "osType": requested.get("osType", "Linux"),
        "virtualMachineImage": None,
        "isolatedNetwork": False,
    }
    if "enableNodePublicIp" in requested:
        cluster["enableNodePublicIp"] = requested["enableNodePublicIp"]
    if not done:
        return cluster
    if "userAccountCredentials" in requested:
        cluster["userAccountCredentials"] = requested["userAccountCredentials"]
    return {
        **cluster,
        "currentNodeCount": busy,
        "targetNodeCount": busy,
        "nodeStateCounts": {**{f"{count}NodeCount": 0 for count in _NODE_STATES}, "runningNodeCount": busy},
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
    longest = limits.COMPUTE_NAME_LONGEST.value
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]+(?<!-)", call["name"]) or len(call["name"]) > longest:
        raise bad_request(
            f"Compute name {call['name']} is invalid. It can include letters, digits and dashes. It must start with a"
            f" letter, end with a letter or digit, and be between 2 and {longest} characters in length."
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
        "identity": _identity(call, body.get("identity")),
        "properties": _without_password(properties.get("properties") or {}),
    }
    call.workspace.store.put(identity, stored)
    response_body = _body(call.workspace.names, call["name"], stored, done=False)
    if existing:
        names = call.workspace.names
        batch = f"/subscriptions/{names.subscription}/resourceGroups/{names.group}/providers/Microsoft.BatchAI"
        response_body["properties"]["resourceId"] = f"{batch}/workspaces/{names.workspace}/clusters/{call['name']}"
    else:
        response_body["tags"] = stored["tags"]
        del response_body["properties"]["computeLocation"]
    return json_response(201, response_body, operations.start_compute_operation(call))


def _identity(call: Call, requested: JsonObject | None) -> JsonObject | None:
    """Return the managed identities of the cluster's nodes: one of the cluster, existing ones, or both."""
    kind = str((requested or {}).get("type", "None"))
    if kind == "None":
        return None
    identity: JsonObject = {"type": kind, "tenantId": call.workspace.names.tenant}
    if "SystemAssigned" in kind:
        own = uuid.uuid5(uuid.NAMESPACE_URL, f"{call.workspace.names.arm}/computes/{call['name']}")
        identity["principalId"] = str(own)
    if users := (requested or {}).get("userAssignedIdentities"):
        identity["userAssignedIdentities"] = {
            name: {"principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "clientId": str(uuid.uuid4())}
            for name in users
        }
    return identity


@route("management", "PATCH", WORKSPACE + "/computes/{name}")
def patch_compute(call: Call) -> Response:
    """Compute - Update: change the scale settings of a cluster, and nothing else."""
    stored = _get(call)
    requested = (call.request.json().get("properties") or {}).get("properties") or {}
    if unsupported_fields := sorted(set(requested) - {"scaleSettings"}):
        raise bad_request(f"Property {unsupported_fields[0]} of a cluster cannot be updated; only scaleSettings can.")
    properties = {**stored["properties"], "scaleSettings": requested.get("scaleSettings")}
    changed: Compute = {**stored, "modified": time.time(), "properties": properties}
    call.workspace.store.put(keys.compute(call["name"]), changed)
    body = _body(call.workspace.names, call["name"], changed, done=False)
    return json_response(200, body, operations.start_compute_operation(call))


def _without_password(requested: JsonObject) -> JsonObject:
    if account := requested.get("userAccountCredentials"):
        return {**requested, "userAccountCredentials": {**account, "adminUserPassword": None}}
    return requested


def _get(call: Call) -> Compute:
    absent = not_found(f"Compute not found with name {call['name']}", "NotFound", "ComputeNotFound")
    return call.workspace.store.find(keys.compute(call["name"]), absent)


@route("management", "GET", WORKSPACE + "/computes/{name}")
def get_compute(call: Call) -> Response:
    """Compute - Get."""
    stored = _get(call)
    busy, done = _busy_nodes(call, call["name"], stored), operations.is_complete(stored["modified"])
    return json_response(200, _body(call.workspace.names, call["name"], stored, done, busy))


@route("management", "GET", WORKSPACE + "/computes")
def list_computes(call: Call) -> Response:
    """Compute - List."""
    rows = call.workspace.store.documents(keys.COMPUTES)
    return json_response(
        200,
        {
            "value": [
                _body(call.workspace.names, name, stored, operations.is_complete(stored["modified"]))
                for name, stored in rows
            ]
        },
    )


@route("management", "DELETE", WORKSPACE + "/computes/{name}")
def delete_compute(call: Call) -> Response:
    """Compute - Delete."""
    _get(call)
    call.workspace.store.delete(keys.compute(call["name"]))
    return Response(202, operations.start_compute_operation(call))
