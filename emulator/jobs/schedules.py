"""Start the jobs of schedules: at the times of their triggers, or when a request asks for it."""

import logging
import time
from datetime import datetime, timezone

from emulator.jobs.observation import stored_job
from emulator.jobs.plans import PLANS
from emulator.jobs.submission import start_job
from emulator.jobs.triggers import latest_due
from emulator.state import keys
from emulator.state.records import Job, Schedule
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import ServiceError, unsupported
from emulator.wire.http import JsonObject

log = logging.getLogger("emulator")
# What a definition may change of the job that it names as its source; an empty value changes nothing.
_CHANGES = ("displayName", "description", "experimentName", "tags", "computeId", "settings", "inputs", "outputs")


def start_due_jobs(workspace: Workspace) -> None:
    """Start a job of each schedule that became due since the last call; of many missed times only the last counts."""
    store, now = workspace.store, time.time()
    for name, stored in store.documents(keys.SCHEDULES):
        if due_at(stored, now) is None:
            continue
        with store.transaction():
            # Another process may have started the job meanwhile.
            schedule = store.get(keys.schedule(name))
            due = due_at(schedule, now) if schedule else None
            if due is not None:
                store.change(keys.schedule(name), checked=now)
        if due is None or schedule is None:
            continue
        try:
            start_scheduled_job(workspace, name, schedule, due)
        except ServiceError as error:
            log.warning("schedule %s: its job was not started: %s", name, error)


def due_at(schedule: Schedule, now: float) -> float | None:
    """Return the time at which ``schedule`` became due since it was last checked; None if it did not."""
    requested = schedule["requested"]
    if requested.get("isEnabled") is False:
        return None
    return latest_due(requested["trigger"], schedule["created"], schedule["checked"], now)


def start_scheduled_job(workspace: Workspace, name: str, schedule: Schedule, moment: float) -> Job:
    """Start the job of the schedule ``name`` for the time ``moment``; return it.

    Its name has the documented form of the display names of such jobs.

    Raises:
        ServiceError: the job is not valid any more, or exists.
    """
    due = datetime.fromtimestamp(moment, timezone.utc)
    stamp = f"{due:%Y%m%dT%H%M%SZ}"
    job = f"{name}-{stamp}"
    definition = _filled(
        schedule["requested"]["action"]["jobDefinition"],
        {"${{creation_context.trigger_time}}": f"{due:%Y-%m-%dT%H:%M:%SZ}"},
    )
    requested = {**_with_source(workspace, definition), "displayName": job}
    requested["inputs"] = _filled(requested.get("inputs") or {}, {"${{name}}": job})
    kind = str(requested.get("jobType"))
    if kind not in PLANS:
        raise unsupported(f"A schedule of a job of type {kind}")
    return start_job(workspace, job, kind, requested, PLANS[kind](workspace, job, requested), {})


def _with_source(workspace: Workspace, definition: JsonObject) -> JsonObject:
    """Return the definition of a job; one that names a source job has what that job has, with changes.

    Raises:
        ServiceError: the source job does not exist.
    """
    source = definition.get("sourceJobId")
    if not source or definition.get("jobs"):
        return definition
    parsed = parse_asset_id(str(source))
    job = stored_job(workspace, parsed[1] if parsed else str(source))
    changes = {key: definition[key] for key in _CHANGES if definition.get(key)}
    for key in ("inputs", "outputs", "settings", "tags"):
        if key in changes:
            changes[key] = {**(job["requested"].get(key) or {}), **changes[key]}
    return {**job["requested"], **changes, "jobType": job["kind"]}


def _filled(value: object, values: dict[str, str]) -> JsonObject:
    """Return a job definition, or a part of it, with ``values`` in place of the expressions that stand for them."""

    def fill(part: object) -> object:
        if isinstance(part, dict):
            return {key: fill(each) for key, each in part.items()}
        if isinstance(part, list):
            return [fill(each) for each in part]
        if isinstance(part, str):
            for expression, text in values.items():
                part = part.replace(expression, text)
        return part

    filled = fill(value)
    assert isinstance(filled, dict)
    return filled
