"""Logging to a run: metrics, parameters and tags, and the history of a metric."""

import time

from emulator.routes.mlflow.runs import data_owner, find_run, metric_body, run_id, run_parameters
from emulator.routes.mlflow.wire import invalid, json_number, missing, mlflow_route, request_parameters, required
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import Metric
from emulator.wire.http import JsonObject, Response, json_response

_MAX_BATCH = 1000


def _log(
    call: Call, name: str, metrics: list[JsonObject], parameters: list[JsonObject], tags: list[JsonObject]
) -> Response:
    store = call.workspace.store
    if len(metrics) + len(parameters) + len(tags) > _MAX_BATCH:
        raise invalid(f"A batch logs at most {_MAX_BATCH} metrics, parameters and tags together.")
    with store.transaction():
        identity, run = find_run(call.workspace, name)
        if parameters:
            _log_parameters(store, name, parameters)
        if tags:
            added = {required(tag, "key"): str(tag.get("value", "")) for tag in tags}
            store.change(identity, tags={**run["tags"], **added})
        for metric in metrics:
            _log_metric(store, name, metric)
    return json_response(200, {})


def _log_parameters(store: Store, name: str, parameters: list[JsonObject]) -> None:
    stored = run_parameters(store, name)
    for parameter in parameters:
        key, value = required(parameter, "key"), str(parameter.get("value", ""))
        if stored.setdefault(key, value) != value:
            raise invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with"
                f" value='{stored[key]}' for run ID='{name}'. Attempted logging new value '{value}'."
            )
    store.put(keys.parameters(name), stored)


def _log_metric(store: Store, name: str, given: JsonObject) -> None:
    key = required(given, "key")
    try:
        value = float(given.get("value", "missing"))
        timestamp = int(given.get("timestamp") or time.time() * 1000)
        step = int(given.get("step") or 0)
    except (TypeError, ValueError):
        raise invalid(f"Metric '{key}' has the value {given.get('value')!r}, which is not a json_number.") from None
    metric: Metric = {"key": key, "value": json_number(value), "timestamp": timestamp, "step": step}
    store.put(keys.point(name, key, step, timestamp, value), metric)
    latest = store.get(keys.metric(name, key))
    if latest is None or (latest["step"], latest["timestamp"]) <= (step, timestamp):
        store.put(keys.metric(name, key), metric)


@mlflow_route("POST", "mlflow/runs/log-batch")
def log_batch(call: Call) -> Response:
    """MLflow: log metrics, parameters and tags in one atomic write."""
    body = request_parameters(call)
    return _log(call, run_id(body), body.get("metrics") or [], body.get("params") or [], body.get("tags") or [])


@mlflow_route("POST", "preview/mlflow/runs/log-batch-async")
def log_batch_async(call: Call) -> Response:
    """Azure's addition to MLflow: log a batch; the batch is complete with the response, so it needs no tracking id."""
    log_batch(call)
    return json_response(200, {"batch_tracking_id": ""})


@mlflow_route("POST", "mlflow/runs/log-metric")
def log_metric(call: Call) -> Response:
    """MLflow: log one value of a metric."""
    body = request_parameters(call)
    return _log(call, run_id(body), [body], [], [])


@mlflow_route("POST", "mlflow/runs/log-parameter")
def log_parameter(call: Call) -> Response:
    """MLflow: log a parameter; its value cannot change."""
    body = request_parameters(call)
    return _log(call, run_id(body), [], [body], [])


@mlflow_route("POST", "mlflow/runs/set-tag")
def set_tag(call: Call) -> Response:
    """MLflow: set a tag of a run."""
    body = request_parameters(call)
    return _log(call, run_id(body), [], [], [body])


@mlflow_route("POST", "mlflow/runs/delete-tag")
def delete_tag(call: Call) -> Response:
    """MLflow: remove a tag of a run."""
    body, store = request_parameters(call), call.workspace.store
    key = required(body, "key")
    with store.transaction():
        identity, run = find_run(call.workspace, run_id(body))
        if key not in run["tags"]:
            raise missing(f"Tag '{key}' of run '{run['name']}'")
        store.change(identity, tags={name: value for name, value in run["tags"].items() if name != key})
    return json_response(200, {})


@mlflow_route("GET", "mlflow/metrics/get-history")
def metric_history(call: Call) -> Response:
    """MLflow: get all values of a metric, in the order in which they were logged."""
    parameters = request_parameters(call)
    _, run = find_run(call.workspace, run_id(parameters))
    key = required(parameters, "metric_key")
    points = call.workspace.store.documents(keys.points(data_owner(run), key))
    return json_response(200, {"metrics": [metric_body(point) for _, point in reversed(points)]})
