"""Runs in the run history: their properties, their steps and their logs."""

from emulator.jobs.observation import find_job, with_current_status
from emulator.routes.history.run_bodies import details_body, run_body
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.state import keys
from emulator.state.addresses import ARTIFACTS
from emulator.state.signatures import signature
from emulator.wire.errors import ServiceError
from emulator.wire.http import Response, json_response

_RUNS = "/history/v1.0" + WORKSPACE


@route("api", "GET", _RUNS + "/runs/{name}")
def get_run(call: Call) -> Response:
    """Get a run."""
    return json_response(200, run_body(call.workspace.names, find_job(call.workspace, call["name"]), full=False))


@route("api", "PATCH", _RUNS + "/experiments/{experiment}/runs/{name}")
def change_run(call: Call) -> Response:
    """Change the name, description, tags or properties of a run, or hide it; fields that are not named stay."""
    requested, store = call.request.json(), call.workspace.store
    with store.transaction():
        job = find_job(call.workspace, call["name"])
        if str(job["experiment"]).lower() != call["experiment"].lower():
            raise ServiceError(404, "UserError", f"Experiment {call['experiment']} has no run {call['name']}.")
        kept = {"description": requested.get("description"), "isArchived": requested.get("hidden")}
        job = store.change(
            keys.job(job["name"]),
            display=requested.get("displayName") or job["display"],
            tags={**job["tags"], **(requested.get("tags") or {})},
            properties={**job["properties"], **(requested.get("properties") or {})},
            requested={**job["requested"], **{key: value for key, value in kept.items() if value is not None}},
        )
    return json_response(200, run_body(call.workspace.names, with_current_status(call.workspace, job), full=False))


@route("api", "GET", _RUNS + "/runs/{name}/children")
def children(call: Call) -> Response:
    """List the steps of a run."""
    find_job(call.workspace, call["name"])
    rows = call.workspace.store.documents(keys.steps(call["name"]))
    runs = [run_body(call.workspace.names, with_current_status(call.workspace, job), full=False) for _, job in rows]
    return json_response(200, {"value": runs})


@route("api", "GET", _RUNS + "/runs/{name}/details")
def details(call: Call) -> Response:
    """Get a run with the addresses of its logs."""
    job = find_job(call.workspace, call["name"])
    container = job["properties"].get("azureml.reusedrunid", job["name"])
    prefix = f"ExperimentRun/dcid.{container}/"
    host = f"https://{call.workspace.names.storage_host}/{ARTIFACTS}"
    signed = signature(call.workspace, "b", "r")
    logs = {
        blob.name.removeprefix(prefix): f"{host}/{blob.name}?{signed}"
        for blob in call.workspace.blobs.find(ARTIFACTS, prefix)
    }
    return json_response(200, details_body(call.workspace.names, job, logs))


@route("api", "POST", _RUNS + "/rundata")
def run_data(call: Call) -> Response:
    """Get a run with its outputs."""
    job = find_job(call.workspace, str(call.request.json().get("runId")))
    body = {
        "runMetadata": run_body(call.workspace.names, job, full=True),
        "runDefinition": None,
        "jobSpecification": None,
    }
    return json_response(200, body)
