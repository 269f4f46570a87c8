"""Jobs: submit, get, list and cancel; ``emulator.runner`` runs them."""

import json
import re
from functools import lru_cache

from emulator.jobs.observation import find_job, with_current_status
from emulator.jobs.plans import PLANS
from emulator.jobs.submission import start_job
from emulator.routes import operations
from emulator.routes.job_bodies import job_body
from emulator.routes.paging import page_of
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.records import TERMINAL, Job
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JSON, JsonObject, Response, json_response
from emulator.wire.names import Names

_JOBS = WORKSPACE + "/jobs"
# Ways to choose jobs that the specifications and the SDK have beside a job's type and its tags.
_OTHER_FILTERS = {"properties", "scheduled", "scheduleId"}


def _body(call: Call, job: Job) -> JsonObject:
    return job_body(call.workspace.names, call.request.api_version, job)


@route("management", "PUT", _JOBS + "/{name}")
def put_job(call: Call) -> Response:
    """Jobs - Create Or Update: start a pipeline, command or sweep job, or change an existing one's tags."""
    requested = call.request.json().get("properties") or {}
    if call.workspace.store.get(keys.job(call["name"])):
        return json_response(200, _body(call, with_current_status(call.workspace, _change(call, requested))))
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}", call["name"]):
        raise bad_request(
            f"Job name {call['name']} is not valid: it starts with a letter or digit, holds letters, digits, '_' and"
            " '-', and is at most 255 characters long.",
            "ArgumentInvalid",
        )
    kind = requested.get("jobType")
    if kind not in PLANS:
        raise unsupported(f"A job of type {kind}")
    if requested.get("parentJobName"):
        raise unsupported(f"A job under another one (parentJobName {requested['parentJobName']})")
    plan = PLANS[kind](call.workspace, call["name"], requested)
    properties = {"azureml.DevPlatv2": "true", "azureml.DatasetAccessMode": "Asset", "runSource": "MFE"}
    if component := requested.get("componentId"):
        properties["azureml.SourceComponentId"] = component
    job = start_job(call.workspace, call["name"], kind, requested, plan, properties)
    return json_response(201, _body(call, job), {"Location": operations.resource_url(call)})


def _change(call: Call, requested: JsonObject) -> Job:
    store, identity = call.workspace.store, keys.job(call["name"])
    with store.transaction():
        existing = store.change(identity, tags=requested.get("tags") or {})
        changed: JsonObject = {
            **existing["requested"],
            **{k: requested[k] for k in ("tags", "displayName", "isArchived") if k in requested},
        }
        return store.change(identity, requested=changed, display=requested.get("displayName") or existing["display"])


@route("management", "GET", _JOBS + "/{name}")
def get_job(call: Call) -> Response:
    """Jobs - Get."""
    return json_response(200, _body(call, find_job(call.workspace, call["name"])))


@route("management", "GET", _JOBS)
def list_jobs(call: Call) -> Response:
    """Jobs - List, newest first, a page at a time; those of a type and those with a tag, whatever its value."""
    for name in _OTHER_FILTERS & call.request.query.keys():
        raise unsupported(f"A list of jobs by {name}")
    rows, following = page_of(call, keys.JOBS)
    view = call.request.query.get("listViewType", "ActiveOnly")
    kind, tag = call.request.query.get("jobType"), call.request.query.get("tag")
    wanted = (text for _, _, text in rows if not (kind or tag) or _is_wanted(json.loads(text), kind, tag))
    entries = (_list_entry(call, text) for text in wanted)
    jobs = [text for archived, text in entries if view == "All" or archived == (view == "ArchivedOnly")]
    after = f', "nextLink": {json.dumps(following)}' if following else ""
    return Response(200, {"Content-Type": JSON}, f'{{"value": [{", ".join(jobs)}]{after}}}'.encode())


def _is_wanted(job: Job, kind: str | None, tag: str | None) -> bool:
    return (not kind or job["kind"] == kind) and (not tag or tag in job["tags"])


def _list_entry(call: Call, stored: str) -> tuple[bool, str]:
    """Return whether a job is archived, and its body as JSON text; ``stored`` is its document as JSON text."""
    names, api_version = call.workspace.names, call.request.api_version
    if finished := _finished_entry(names, api_version, stored):
        return finished
    job = with_current_status(call.workspace, json.loads(stored))
    return bool(job["requested"].get("isArchived")), json.dumps(job_body(names, api_version, job))


@lru_cache(maxsize=1000)
def _finished_entry(names: Names, api_version: str, stored: str) -> tuple[bool, str] | None:
    """Return the list entry of a job that has ended, or None if it has not; most jobs of a list have ended."""
    job = json.loads(stored)
    if job["status"] not in TERMINAL:
        return None
    return bool(job["requested"].get("isArchived")), json.dumps(job_body(names, api_version, job))


@route("management", "POST", _JOBS + "/{name}/cancel")
def cancel_job(call: Call) -> Response:
    """Jobs - Cancel."""
    with call.workspace.store.transaction():
        job = find_job(call.workspace, call["name"])
        if job["status"] in TERMINAL:
            raise bad_request(
                f"The pipeline run {job['name']} is in terminal status, it can't be canceled.",
                "ArgumentInvalid",
                "CancelPipelineRunInTerminalStatus",
            )
        call.workspace.store.change(keys.job(job["name"]), status="CancelRequested")
    return Response(
        202, {"Content-Type": "application/json; charset=utf-8", **operations.start_cancel_operation(call, job["name"])}
    )
