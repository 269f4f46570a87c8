"""MLflow's experiments: the experiment names of jobs, with the ids that MLflow wants for them."""

import time
import uuid
from typing import Any

from emulator.http import Response, json_response
from emulator.mlflow_wire import MlflowError, asked, invalid, key_values, missing, mlflow_route, required
from emulator.names import API
from emulator.router import Call
from emulator.storage import Store

_NAMESPACE = uuid.UUID("00000000-0000-0000-0000-00000000e3b1")
DEFAULT = "Default"


def experiment_id(name: str) -> str:
    """Id of the experiment ``name``, the same wherever it is asked for."""
    return str(uuid.uuid5(_NAMESPACE, name))


def ensure_experiment(store: Store, name: str) -> dict[str, Any]:
    """Return the experiment ``name``, made now unless it exists."""
    identity = f"experiments/{experiment_id(name)}"
    if found := store.get(identity):
        return found
    with store.transaction():
        found = store.get(identity)
        if found is None:
            found = {"name": name, "id": experiment_id(name), "created": time.time(), "tags": {}, "deleted": False}
            store.put(identity, found)
    return found


def find_experiment(store: Store, identity: str) -> dict[str, Any] | None:
    """Return the experiment with the id ``identity``, or None; MLflow's "0" is the default one."""
    if identity in ("0", experiment_id(DEFAULT)):
        return ensure_experiment(store, DEFAULT)
    return store.get(f"experiments/{identity}")


def join_experiment(store: Store, run: str, experiment: str) -> None:
    """List the document ``run`` (a store id) among the runs of ``experiment``."""
    store.join(f"experiment-runs/{ensure_experiment(store, experiment)['id']}", run)


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
