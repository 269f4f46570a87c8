"""Compute clusters: a name with a size; what runs on them runs on this machine."""

import re
import time
import uuid
from typing import Any

from emulator.jobs.observation import observed
from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.wire import limits
from emulator.wire.errors import ServiceError, bad_request, unsupported
from emulator.wire.http import Response, json_response
from emulator.wire.job_bodies import TERMINAL
from emulator.wire.names import REGION, now_text

_NODE_STATES = ("preparing", "running", "idle", "unusable", "leaving", "preempted")


def _busy_nodes(call: Call, name: str, stored: dict[str, Any]) -> int:
    """Count the nodes that run jobs: one a job, and no more than there may be."""
    most = (stored["properties"].get("scaleSettings") or {}).get("maxNodeCount") or 1
    jobs = [job for _, job in call.workspace.store.documents("jobs") if str(job.get("target")).lower() == name.lower()]
    running = [job for job in jobs if observed(call.workspace, job)["status"] not in TERMINAL]
    return min(len(running), int(most))


def _body(call: Call, name: str, stored: dict[str, Any], done: bool, busy: int = 0) -> dict[str, Any]:
    """Describe a cluster: ``done`` with being allocated, or still at it; ``busy`` nodes run jobs."""
    identity = stored.get("identity")
    return {
        "id": f"{call.workspace.names.arm}/computes/{name}",
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
            "isAttachedCompute": False,
            "properties": _cluster(stored, done, busy),
        },
    }


def _cluster(stored: dict[str, Any], done: bool, busy: int) -> dict[str, Any]:
    asked = stored["properties"]
    cluster: dict[str, Any] = {
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
    identity = f"computes/{call['name']}"
    existing = call.workspace.store.get(identity)
    now = time.time()
    stored = {
        "created": existing["created"] if existing else now,
        "modified": now,
        "location": body.get("location") or REGION,
        "tags": body.get("tags"),
        "description": properties.get("description"),
        "identity": _identity(call, body.get("identity")),
        "properties": _without_password(properties.get("properties") or {}),
    }
    call.workspace.store.put(identity, stored)
    answer = _body(call, call["name"], stored, done=False)
    if existing:
        names = call.workspace.names
        batch = f"/subscriptions/{names.subscription}/resourceGroups/{names.group}/providers/Microsoft.BatchAI"
        answer["properties"]["resourceId"] = f"{batch}/workspaces/{names.workspace}/clusters/{call['name']}"
    else:
        answer["tags"] = stored["tags"]
        del answer["properties"]["computeLocation"]
    return json_response(201, answer, operations.begin_compute(call))


def _identity(call: Call, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the identity that the cluster's nodes have: one of its own, or those that somebody made before."""
    kind = str((asked or {}).get("type", "None"))
    if kind == "None":
        return None
    identity: dict[str, Any] = {"type": kind}
    if "SystemAssigned" in kind:
        own = uuid.uuid5(uuid.NAMESPACE_URL, f"{call.workspace.names.arm}/computes/{call['name']}")
        identity |= {"principalId": str(own), "tenantId": call.workspace.names.tenant}
    if users := (asked or {}).get("userAssignedIdentities"):
        identity["userAssignedIdentities"] = {
            name: {"principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "clientId": str(uuid.uuid4())}
            for name in users
        }
    return identity


@route("management", "PATCH", WORKSPACE + "/computes/{name}")
def patch_compute(call: Call) -> Response:
    """Compute - Update: how many nodes there may be, and for how long one may be idle; all else stays as it is."""
    stored = _get(call)
    asked = (call.request.json().get("properties") or {}).get("properties") or {}
    if unknown := sorted(set(asked) - {"scaleSettings"}):
        raise bad_request(f"Property {unknown[0]} of a cluster cannot be updated; only scaleSettings can.")
    properties = {**stored["properties"], "scaleSettings": asked.get("scaleSettings")}
    stored = {**stored, "modified": time.time(), "properties": properties}
    call.workspace.store.put(f"computes/{call['name']}", stored)
    return json_response(200, _body(call, call["name"], stored, done=False), operations.begin_compute(call))


def _without_password(asked: dict[str, Any]) -> dict[str, Any]:
    if account := asked.get("userAccountCredentials"):
        return {**asked, "userAccountCredentials": {**account, "adminUserPassword": None}}
    return asked


def _get(call: Call) -> dict[str, Any]:
    stored = call.workspace.store.get(f"computes/{call['name']}")
    if stored is None:
        raise ServiceError(
            404, "UserError", f"Compute not found with name {call['name']}", inner=("NotFound", "ComputeNotFound")
        )
    return stored


@route("management", "GET", WORKSPACE + "/computes/{name}")
def get_compute(call: Call) -> Response:
    """Compute - Get."""
    stored = _get(call)
    busy = _busy_nodes(call, call["name"], stored)
    return json_response(200, _body(call, call["name"], stored, operations.ready(stored["modified"]), busy))


@route("management", "GET", WORKSPACE + "/computes")
def list_computes(call: Call) -> Response:
    """Compute - List."""
    rows = call.workspace.store.documents("computes")
    return json_response(
        200, {"value": [_body(call, name, stored, operations.ready(stored["modified"])) for name, stored in rows]}
    )


@route("management", "DELETE", WORKSPACE + "/computes/{name}")
def delete_compute(call: Call) -> Response:
    """Compute - Delete."""
    _get(call)
    call.workspace.store.delete(f"computes/{call['name']}")
    return Response(202, operations.begin_compute(call))
