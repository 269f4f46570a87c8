"""Schedules of jobs; ``emulator.jobs.schedules`` starts their jobs."""

import time
from datetime import datetime

from emulator.jobs.schedules import start_scheduled_job
from emulator.jobs.triggers import check_trigger, local_time
from emulator.routes import operations
from emulator.routes.job_bodies import job_definition
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import system_data
from emulator.state import keys
from emulator.state.records import Schedule
from emulator.wire.errors import ServiceError, bad_request, unsupported
from emulator.wire.http import JSON, JsonObject, Response, json_response

_SCHEDULE = WORKSPACE + "/schedules/{name}"
_TRIGGER = {
    "Cron": ("endTime", "startTime", "timeZone", "triggerType", "expression"),
    "Recurrence": ("endTime", "startTime", "timeZone", "triggerType", "frequency", "interval", "schedule"),
}
_VIEWS = {"EnabledOnly": (True,), "DisabledOnly": (False,), "All": (True, False)}
_JOBS = ("Pipeline", "Command")


def _is_enabled(stored: Schedule) -> bool:
    return stored["requested"].get("isEnabled") is not False


def _properties(call: Call, stored: Schedule, state: str) -> JsonObject:
    requested = stored["requested"]
    trigger, action = {"timeZone": "UTC", **requested["trigger"]}, requested["action"]
    if times := trigger.get("schedule"):
        # The SDK sends monday; the service shows Monday (recorded).
        days = times.get("weekDays")
        trigger["schedule"] = {
            "hours": times.get("hours"),
            "minutes": times.get("minutes"),
            "weekDays": [str(day).capitalize() for day in days] if days else None,
            "monthDays": times.get("monthDays"),
        }
    if state == "Succeeded" and not trigger.get("startTime"):
        # The service then shows the time of the request, in the zone of the schedule.
        trigger["startTime"] = local_time(trigger, stored["modified"])
    definition = job_definition(call.workspace.names, call.request.api_version, action["jobDefinition"])
    if state == "Succeeded" and definition["jobType"] == "Command":
        definition["services"] = definition["services"] or {}
    return {
        "description": requested.get("description"),
        "tags": requested.get("tags") or {},
        "properties": requested.get("properties") or {},
        "displayName": requested.get("displayName"),
        "isEnabled": _is_enabled(stored),
        "trigger": {key: trigger.get(key) for key in _TRIGGER[trigger["triggerType"]]},
        "action": {"actionType": action["actionType"], "jobDefinition": definition},
        "provisioningState": state,
    }


def _body(call: Call, name: str, stored: Schedule) -> JsonObject:
    # As recorded, without the id and the type that other resources have.
    return {
        "name": name,
        "properties": _properties(call, stored, "Succeeded"),
        "systemData": system_data(stored),
    }


def _find(call: Call) -> Schedule:
    absent = ServiceError(404, "UserError", f"Resource Trigger {call['name']} not found", inner=("NotFound",))
    return call.workspace.store.find(keys.schedule(call["name"]), absent)


@route("management", "PUT", _SCHEDULE)
def put_schedule(call: Call) -> Response:
    """Schedules - Create Or Update: a cron or recurrence trigger of a pipeline or command job; enable or disable."""
    requested = call.request.json().get("properties") or {}
    action = requested.get("action") or {}
    if action.get("actionType") != "CreateJob":
        raise unsupported(f"A schedule with an action of type {action.get('actionType')}")
    definition = action.get("jobDefinition") or {}
    if definition.get("jobType") not in _JOBS:
        raise unsupported(f"A schedule of a job of type {definition.get('jobType')}")
    if not requested.get("trigger"):
        raise bad_request("trigger is required.", "ArgumentBlankOrEmpty")
    check_trigger(requested["trigger"])
    store, key, now = call.workspace.store, keys.schedule(call["name"]), time.time()
    with store.transaction():
        existing = store.get(key)
        stored: Schedule = {
            "created": existing["created"] if existing else now,
            "modified": now,
            "requested": requested,
            # A changed schedule is due at its new times from now on; a new one without a start is due at once.
            "checked": now if existing else now - 1e-3,
        }
        store.put(key, stored)
    body = {"properties": _properties(call, stored, "Creating")}
    return json_response(201, body, operations.start_operation(call, "s", "Creating"))


@route("management", "GET", _SCHEDULE)
def get_schedule(call: Call) -> Response:
    """Schedules - Get."""
    return json_response(200, _body(call, call["name"], _find(call)))


@route("management", "GET", WORKSPACE + "/schedules")
def list_schedules(call: Call) -> Response:
    """Schedules - List: the enabled ones, the disabled ones, or all."""
    view = call.request.query.get("listViewType", "EnabledOnly")
    if view not in _VIEWS:
        raise bad_request(f"listViewType {view} is none of {', '.join(_VIEWS)}.", "ArgumentInvalid")
    rows = call.workspace.store.documents(keys.SCHEDULES)
    value = [_body(call, name, stored) for name, stored in rows if _is_enabled(stored) in _VIEWS[view]]
    return json_response(200, {"value": value})


@route("management", "DELETE", _SCHEDULE)
def delete_schedule(call: Call) -> Response:
    """Schedules - Delete; the operation fails if the schedule is enabled."""
    error = f"Cannot delete an active trigger {call['name']}" if _is_enabled(_find(call)) else None
    if error is None:
        call.workspace.store.delete(keys.schedule(call["name"]))
    return Response(202, {"Content-Type": JSON, **operations.start_operation(call, "s", "Deleting", error)})


@route("management", "POST", _SCHEDULE + "/trigger")
def trigger_schedule(call: Call) -> Response:
    """Schedules - Trigger: start a job of a schedule now."""
    text = str(call.request.json().get("scheduleTime") or "")
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else time.time()
    except ValueError:
        raise bad_request(f"scheduleTime {text!r} is not a time.", "ArgumentInvalid") from None
    job = start_scheduled_job(call.workspace, call["name"], _find(call), moment)
    return json_response(200, {"scheduleActionType": "CreateJob", "submissionId": job["name"]})
