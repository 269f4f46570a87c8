"""Registered models: the models of the workspace, in the form of MLflow's model registry."""

import time

from emulator.routes.mlflow.filters import chosen_models
from emulator.routes.mlflow.model_versions import milliseconds, require_model, version_bodies
from emulator.routes.mlflow.wire import (
    MlflowError,
    invalid,
    key_values,
    mlflow_route,
    request_parameters,
    required,
    tags_of,
)
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import AssetContainer
from emulator.wire.http import JsonObject, Response, json_response


def _model_body(store: Store, name: str, stored: AssetContainer) -> JsonObject:
    versions = version_bodies(store, name)
    return {
        "name": name,
        "creation_timestamp": milliseconds(stored["created"]),
        "last_updated_timestamp": milliseconds(stored["modified"]),
        "description": stored["properties"].get("description") or "",
        "tags": key_values(stored["properties"].get("tags") or {}),
        "latest_versions": versions[:1],
    }


@mlflow_route("POST", "mlflow/registered-models/create")
def create_model(call: Call) -> Response:
    """MLflow: create a registered model without versions."""
    body, store, now = request_parameters(call), call.workspace.store, time.time()
    name = required(body, "name")
    if "/" in name:
        raise invalid(f"Model name '{name}' contains a slash.")
    properties = {"description": body.get("description"), "tags": tags_of(body), "properties": {}}
    stored: AssetContainer = {"created": now, "modified": now, "properties": properties, "archived": False}
    with store.transaction():
        if store.get(keys.asset("models", name)):
            raise MlflowError(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists.")
        store.put(keys.asset("models", name), stored)
    return json_response(200, {"registered_model": _model_body(call.workspace.store, name, stored)})


@mlflow_route("GET", "mlflow/registered-models/get")
def get_model(call: Call) -> Response:
    """MLflow: get a registered model."""
    name = required(request_parameters(call), "name")
    return json_response(
        200, {"registered_model": _model_body(call.workspace.store, name, require_model(call.workspace.store, name))}
    )


@mlflow_route("GET", "mlflow/registered-models/search")
def search_models(call: Call) -> Response:
    """MLflow: list the registered models that fit a filter, newest first."""
    rows = call.workspace.store.documents(keys.assets("models"))
    bodies = [_model_body(call.workspace.store, name, stored) for name, stored in rows]
    return json_response(
        200, {"registered_models": chosen_models(bodies, str(request_parameters(call).get("filter") or ""))}
    )


@mlflow_route("POST", "mlflow/registered-models/get-latest-versions")
def latest_versions(call: Call) -> Response:
    """MLflow: the latest version of a model; Azure has no stages."""
    name = required(request_parameters(call), "name")
    require_model(call.workspace.store, name)
    return json_response(200, {"model_versions": version_bodies(call.workspace.store, name)[:1]})
