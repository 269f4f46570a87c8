"""Experiments of MLflow: the experiment names of jobs, with the ids that MLflow needs."""

from emulator.routes.mlflow.filters import chosen_experiments
from emulator.routes.mlflow.wire import (
    MlflowError,
    key_values,
    missing,
    mlflow_route,
    request_parameters,
    required,
    tags_of,
)
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.experiments import DEFAULT, ensure_experiment, experiment_id, find_experiment
from emulator.state.records import Experiment
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, Names


def experiment_body(names: Names, experiment: Experiment) -> JsonObject:
    """Return the body of an experiment."""
    created = int(experiment["created"] * 1000)
    return {
        "experiment_id": experiment["id"],
        "name": experiment["name"],
        "artifact_location": f"azureml://{API}/mlflow/v2.0{names.arm}/experiments/{experiment['id']}",
        "lifecycle_stage": "deleted" if experiment["deleted"] else "active",
        "creation_time": created,
        "last_update_time": created,
        "tags": key_values(experiment["tags"]),
    }


def require_experiment(store: Store, identity: str, name: str | None = None) -> Experiment:
    """Return the experiment with the id ``identity``; the error names it by ``name`` if that is given.

    Raises:
        MlflowError: it does not exist.
    """
    experiment = find_experiment(store, identity)
    if experiment is None:
        raise missing(f"Experiment '{name or identity}'")
    return experiment


@mlflow_route("GET", "mlflow/experiments/get")
def get_experiment(call: Call) -> Response:
    """MLflow: get an experiment by its id."""
    experiment = require_experiment(call.workspace.store, required(request_parameters(call), "experiment_id"))
    return json_response(200, {"experiment": experiment_body(call.workspace.names, experiment)})


@mlflow_route("GET", "mlflow/experiments/get-by-name")
def get_experiment_by_name(call: Call) -> Response:
    """MLflow: get an experiment by its name."""
    name = required(request_parameters(call), "experiment_name")
    experiment = require_experiment(call.workspace.store, experiment_id(name), name)
    return json_response(200, {"experiment": experiment_body(call.workspace.names, experiment)})


@mlflow_route("POST", "mlflow/experiments/create")
def create_experiment(call: Call) -> Response:
    """MLflow: create an experiment."""
    body, store = request_parameters(call), call.workspace.store
    name = required(body, "name")
    with store.transaction():
        if find_experiment(store, experiment_id(name)):
            raise MlflowError(400, "RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists.")
        experiment = ensure_experiment(store, name)
        store.change(keys.experiment(experiment["id"]), tags=tags_of(body))
    return json_response(200, {"experiment_id": experiment["id"]})


@mlflow_route("POST", "mlflow/experiments/search")
def search_experiments(call: Call) -> Response:
    """MLflow: list the experiments that match a filter, newest first."""
    store = call.workspace.store
    ensure_experiment(store, DEFAULT)
    bodies = [experiment_body(call.workspace.names, stored) for _, stored in store.documents(keys.EXPERIMENTS)]
    return json_response(
        200, {"experiments": chosen_experiments(bodies, str(request_parameters(call).get("filter") or ""))}
    )
