"""Runs of MLflow: every job and step is a run, and an MLflow client can start further runs."""

import time
import uuid
from typing import Any

from emulator.jobs.observation import with_current_status
from emulator.routes.mlflow.experiments import require_experiment
from emulator.routes.mlflow.wire import (
    invalid,
    json_number,
    key_values,
    missing,
    mlflow_route,
    request_parameters,
    required,
    tags_of,
)
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Key, Store
from emulator.state.experiments import experiment_id, join_experiment
from emulator.state.records import TERMINAL, Metric, MlflowRun, Run
from emulator.state.workspace import Workspace
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, SYSTEM_CREATOR, Names

_STATUS = {"Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED", "CancelRequested": "KILLED"}
_OWN_STATUS = {"FINISHED": "Completed", "FAILED": "Failed", "KILLED": "Canceled", "RUNNING": "Running"}


def find_run(workspace: Workspace, name: str) -> tuple[Key[Any], Run]:
    """Return the key of a run and the run with its current status.

    Raises:
        MlflowError: it does not exist.
    """
    store = workspace.store
    if job := store.get(keys.job(name)):
        return keys.job(name), with_current_status(workspace, job)
    if run := store.get(keys.mlflow_run(name)):
        return keys.mlflow_run(name), run
    raise missing(f"Run '{name}'")


def run_id(parameters: JsonObject) -> str:
    """Return the run id in the parameters of a request, which may have its current or its old name."""
    return required(parameters, "run_id" if parameters.get("run_id") else "run_uuid")


def _milliseconds(moment: float | None) -> int | None:
    return None if moment is None else int(moment * 1000)


def run_info(names: Names, run: Run) -> JsonObject:
    """Return what MLflow calls the info of a run; times are milliseconds since the epoch."""
    identity = experiment_id(run["experiment"])
    info = {
        "run_id": run["name"],
        "run_uuid": run["name"],
        "run_name": run["display"],
        "experiment_id": identity,
        "user_id": SYSTEM_CREATOR,
        "status": _STATUS.get(run["status"], "RUNNING" if run["started"] else "SCHEDULED"),
        "start_time": _milliseconds(run["started"] or run["created"]),
        "end_time": _milliseconds(run["ended"]),
        "artifact_uri": f"azureml://{API}/mlflow/v2.0{names.arm}/experiments/{identity}/runs/{data_owner(run)}/artifacts",
        "lifecycle_stage": "deleted" if run.get("deleted") else "active",
    }
    return {key: value for key, value in info.items() if value is not None}


def data_owner(run: Run) -> str:
    """Return the name of the run that logged the data of ``run``: itself, or the step whose outputs it reuses."""
    return str(run.get("properties", {}).get("azureml.reusedrunid", run["name"]))


def metric_body(metric: Metric) -> JsonObject:
    """Return the body of one value of a metric."""
    return {**metric, "value": json_number(float(metric["value"]))}


def run_metrics(store: Store, name: str) -> dict[str, Metric]:
    """Return the latest value of each metric of a run: key to ``{key, value, timestamp, step}``."""
    return {metric["key"]: metric for _, metric in reversed(store.documents(keys.metrics(name)))}


def run_parameters(store: Store, name: str) -> dict[str, str]:
    """Return the parameters of a run."""
    return dict((store.get(keys.parameters(name)) or {}).items())


def run_tags(run: Run) -> dict[str, str]:
    """Return the tags of a run, with MLflow's own tags for its name, user and parent."""
    own = {"mlflow.runName": run["display"], "mlflow.user": SYSTEM_CREATOR, "mlflow.rootRunId": run["root"]}
    if run["parent"]:
        own["mlflow.parentRunId"] = run["parent"]
    return {**own, **run["tags"]}


def run_body(workspace: Workspace, run: Run) -> JsonObject:
    """Return the body of a run with its data."""
    store, owner = workspace.store, data_owner(run)
    data = {
        "metrics": [metric_body(metric) for metric in run_metrics(store, owner).values()],
        "params": key_values(run_parameters(store, owner)),
        "tags": key_values(run_tags(run)),
    }
    return {"info": run_info(workspace.names, run), "data": data, "inputs": {}}


@mlflow_route("GET", "mlflow/runs/get")
def get_run(call: Call) -> Response:
    """MLflow: get a run with its latest metrics, its parameters and tags."""
    return json_response(
        200, {"run": run_body(call.workspace, find_run(call.workspace, run_id(request_parameters(call)))[1])}
    )


@mlflow_route("POST", "mlflow/runs/create")
def create_run(call: Call) -> Response:
    """MLflow: start a run that is not a job, for example in a notebook."""
    parameters, store = request_parameters(call), call.workspace.store
    experiment = require_experiment(store, str(parameters.get("experiment_id") or "0"))
    name, now = str(uuid.uuid4()), time.time()
    tags = tags_of(parameters)
    started = float(parameters.get("start_time") or now * 1000) / 1000
    parent = tags.get("mlflow.parentRunId")
    run: MlflowRun = {
        "name": name,
        "display": parameters.get("run_name") or tags.get("mlflow.runName") or name,
        "experiment": experiment["name"],
        "tags": tags,
        "status": "Running",
        "created": now,
        "started": started,
        "ended": None,
        "parent": parent,
        "root": find_run(call.workspace, parent)[1]["root"] if parent else name,
    }
    with store.transaction():
        store.put(keys.mlflow_run(name), run)
        join_experiment(store, keys.mlflow_run(name), experiment["name"])
    return json_response(200, {"run": run_body(call.workspace, run)})


@mlflow_route("POST", "mlflow/runs/update")
def update_run(call: Call) -> Response:
    """MLflow: rename or end a run; only its runner changes the status of a job."""
    parameters, store = request_parameters(call), call.workspace.store
    with store.transaction():
        identity, run = find_run(call.workspace, run_id(parameters))
        changes: JsonObject = {}
        if parameters.get("run_name"):
            changes["display"] = parameters["run_name"]
        if identity.startswith("mlflow-runs/") and (status := parameters.get("status")):
            if status not in _OWN_STATUS:
                raise invalid(f"Status '{status}' is not one of {', '.join(_OWN_STATUS)}.")
            changes["status"] = _OWN_STATUS[status]
            ended = float(parameters.get("end_time") or time.time() * 1000) / 1000
            changes["ended"] = ended if changes["status"] in TERMINAL else None
        if changes:
            store.change(identity, **changes)
        run = find_run(call.workspace, run["name"])[1]
    return json_response(200, {"run_info": run_info(call.workspace.names, run)})


def _set_deleted(call: Call, deleted: bool) -> Response:
    identity, _ = find_run(call.workspace, run_id(request_parameters(call)))
    call.workspace.store.change(identity, deleted=deleted)
    return json_response(200, {})


@mlflow_route("POST", "mlflow/runs/delete")
def delete_run(call: Call) -> Response:
    """MLflow: delete a run, which hides it from searches."""
    return _set_deleted(call, True)


@mlflow_route("POST", "mlflow/runs/restore")
def restore_run(call: Call) -> Response:
    """MLflow: restore a deleted run."""
    return _set_deleted(call, False)
