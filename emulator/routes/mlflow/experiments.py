"""MLflow's experiments: the experiment names of jobs, with the ids that MLflow wants for them."""

from typing import Any

from emulator.routes.mlflow.wire import MlflowError, asked, invalid, key_values, missing, mlflow_route, required
from emulator.routes.routing import Call
from emulator.state.experiments import DEFAULT, ensure_experiment, experiment_id, find_experiment
from emulator.wire.http import Response, json_response
from emulator.wire.names import API


def experiment_body(call: Call, experiment: dict[str, Any]) -> dict[str, Any]:
    """Write an experiment as MLflow answers it."""
    created = int(experiment["created"] * 1000)
    return {
        "experiment_id": experiment["id"],
        "name": experiment["name"],
        "artifact_location": f"azureml://{API}/mlflow/v2.0{call.workspace.names.arm}/experiments/{experiment['id']}",
        "lifecycle_stage": "deleted" if experiment["deleted"] else "active",
        "creation_time": created,
        "last_update_time": created,
        "tags": key_values(experiment["tags"]),
    }


@mlflow_route("GET", "mlflow/experiments/get")
def get_experiment(call: Call) -> Response:
    """MLflow: get an experiment by its id."""
    identity = required(asked(call), "experiment_id")
    experiment = find_experiment(call.workspace.store, identity)
    if experiment is None:
        raise missing(f"Experiment '{identity}'")
    return json_response(200, {"experiment": experiment_body(call, experiment)})


@mlflow_route("GET", "mlflow/experiments/get-by-name")
def get_experiment_by_name(call: Call) -> Response:
    """MLflow: get an experiment by its name."""
    name = required(asked(call), "experiment_name")
    experiment = find_experiment(call.workspace.store, experiment_id(name))
    if experiment is None:
        raise missing(f"Experiment '{name}'")
    return json_response(200, {"experiment": experiment_body(call, experiment)})


@mlflow_route("POST", "mlflow/experiments/create")
def create_experiment(call: Call) -> Response:
    """MLflow: create an experiment."""
    body, store = asked(call), call.workspace.store
    name = required(body, "name")
    with store.transaction():
        if find_experiment(store, experiment_id(name)):
            raise MlflowError(400, "RESOURCE_ALREADY_EXISTS", f"Experiment(name={name}) already exists.")
        experiment = ensure_experiment(store, name)
        tags = {tag["key"]: tag.get("value", "") for tag in body.get("tags") or []}
        store.change(f"experiments/{experiment['id']}", tags=tags)
    return json_response(200, {"experiment_id": experiment["id"]})


@mlflow_route("POST", "mlflow/experiments/search")
def search_experiments(call: Call) -> Response:
    """MLflow: list the experiments, newest first; a filter is refused."""
    parameters, store = asked(call), call.workspace.store
    if parameters.get("filter"):
        raise invalid("The embedded workspace lists experiments without a filter.")
    ensure_experiment(store, DEFAULT)
    listed = [experiment for _, experiment in store.documents("experiments")]
    return json_response(200, {"experiments": [experiment_body(call, experiment) for experiment in listed]})
