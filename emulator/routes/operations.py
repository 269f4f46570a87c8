"""Long-running operations: a request starts one at once, and its response has headers with the address to poll."""

import time
import uuid

from emulator.jobs.observation import with_current_status
from emulator.routes.routing import LOCATIONS, Call, route
from emulator.state import keys
from emulator.state.records import Operation
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import MANAGEMENT, PROVIDER, REGION, now_text

WORK_SECONDS = 0.01
# The SDK sleeps 5 to 30 s between polls, unless a response has this header, which Azure may send too.
POLL_SOON = {"x-ms-retry-after-ms": "20"}


def is_complete(started: float) -> bool:
    """Return whether an operation that started at ``started`` (seconds since the epoch) is complete."""
    return time.time() - started >= WORK_SECONDS


def _location(call: Call, kind: str, operation: str) -> str:
    version = call.request.api_version
    suffix = "&service=new" if kind == "computeOperationsStatus" else ""
    return (
        f"https://{MANAGEMENT}/subscriptions/{call.workspace.names.subscription}/providers/{PROVIDER}"
        f"/locations/{REGION}/{kind}/{operation}?api-version={version}{suffix}"
    )


def start_operation(call: Call, prefix: str, busy: str = "", error: str | None = None) -> dict[str, str]:
    """Store an operation of the management front end; return the headers with its address.

    An operation on a schedule has the status ``busy`` until it is complete, and fails with ``error``, if there is one.
    """
    operation = f"{prefix}:{call.workspace.names.workspace_id}:{uuid.uuid4()}"
    stored = Operation(started=time.time())
    if busy:
        stored["busy"] = busy
    if error:
        stored["error"] = error
    call.workspace.store.put(keys.operation(operation), stored)
    return {
        "Azure-AsyncOperation": _location(call, "mfeOperationsStatus", operation),
        "Location": resource_url(call)
        if call.request.method == "PUT"
        else _location(call, "mfeOperationResults", operation),
        "x-ms-async-operation-timeout": "PT30M",
        **POLL_SOON,
    }


def start_compute_operation(call: Call) -> dict[str, str]:
    """Store an operation of the compute service; return the headers with its address."""
    operation = str(uuid.uuid4())
    call.workspace.store.put(keys.operation(operation), Operation(started=time.time()))
    return {"Azure-AsyncOperation": _location(call, "computeOperationsStatus", operation), **POLL_SOON}


def start_cancel_operation(call: Call, job: str) -> dict[str, str]:
    """Store the operation that cancels ``job``; return the headers with its address."""
    operation = f"jc:{call.workspace.names.workspace_id}:{job}"
    call.workspace.store.put(keys.operation(operation), Operation(started=time.time(), job=job))
    return {
        "Location": _location(call, "mfeOperationResults", operation),
        "x-ms-async-operation-timeout": "PT1H",
        **POLL_SOON,
    }


def resource_url(call: Call) -> str:
    """Return the URL of the requested resource, for the header ``Location``."""
    version = call.request.api_version
    return f"https://{MANAGEMENT}{call.request.path}?api-version={version}"


def _find(call: Call) -> Operation:
    absent = ServiceError(404, "NotFound", f"There is no operation {call['operation']}.")
    return call.workspace.store.find(keys.operation(call["operation"]), absent)


@route("management", "GET", LOCATIONS + "/mfeOperationsStatus/{operation}")
def status(call: Call) -> Response:
    """Get the status of an operation of the management front end."""
    operation = _find(call)
    done = is_complete(operation["started"])
    if "busy" in operation:
        return json_response(200, _of_schedule(call, operation, done), POLL_SOON)
    body: JsonObject = {
        "id": call.request.path,
        "name": call["operation"],
        "startTime": now_text(operation["started"]),
        "percentComplete": 100.0 if done else 0.0,
        "status": "Succeeded" if done else "Updating",
    }
    if done:
        body["endTime"] = now_text(operation["started"] + WORK_SECONDS)
    return json_response(200, body, POLL_SOON)


def _of_schedule(call: Call, operation: Operation, done: bool) -> JsonObject:
    """Return the status of an operation on a schedule, which has another form (recorded in test_schedule_lifetime)."""
    results = call.request.path.replace("mfeOperationsStatus", "mfeOperationResults")
    body: JsonObject = {"id": results, "name": call["operation"]}
    if not done:
        return {**body, "status": operation["busy"]}
    if error := operation.get("error"):
        return {
            "error": {"code": "UserError", "message": error, "details": [], "additionalInfo": []},
            **body,
            "status": "Failed",
        }
    started = operation["started"]
    return {
        **body,
        "status": "Succeeded",
        "startTime": now_text(started),
        "endTime": now_text(started + WORK_SECONDS),
    }


@route("management", "GET", LOCATIONS + "/mfeOperationResults/{operation}")
def result(call: Call) -> Response:
    """Get the result of an operation: status 202 until it is complete, then 200 without a body."""
    operation = _find(call)
    job = operation.get("job")
    document = call.workspace.store.get(keys.job(job)) if job else None
    still_running = (
        document is not None and with_current_status(call.workspace, document)["status"] == "CancelRequested"
    )
    if is_complete(operation["started"]) and not still_running:
        return Response(200)
    headers = {"Location": _location(call, "mfeOperationResults", call["operation"]), **POLL_SOON}
    return json_response(202, {}, headers)


@route("management", "GET", LOCATIONS + "/computeOperationsStatus/{operation}")
def compute_status(call: Call) -> Response:
    """Get the status of an operation of the compute service."""
    if is_complete(_find(call)["started"]):
        return json_response(200, {"status": "Succeeded", "percentComplete": 100.0}, POLL_SOON)
    return json_response(200, {"status": "InProgress"}, POLL_SOON)
