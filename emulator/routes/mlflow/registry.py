"""MLflow's model registry: the models of the workspace, under the names MLflow has for them."""

import time
from pathlib import Path

from emulator.routes.mlflow.filters import chosen_models, chosen_versions
from emulator.routes.mlflow.runs import find_run
from emulator.routes.mlflow.wire import MlflowError, asked, invalid, key_values, missing, mlflow_route, required
from emulator.routes.routing import Call
from emulator.state import keys
from emulator.state.addresses import ARTIFACTS, local_path
from emulator.state.documents import Store
from emulator.state.records import AssetContainer, AssetVersion
from emulator.state.versions import next_version, record_version
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import SYSTEM_CREATOR, Names

_IN_RUN = "/artifacts"
_REFERENCE = "azureml://artifacts/"
_ARTIFACT_STORE = "workspaceartifactstore"


def _store_path(names: Names, source: str) -> str:
    """Turn MLflow's address of a model's files into the workspace's.

    Raises:
        MlflowError: it is no address of files in this workspace.
    """
    root = names.datastore_root
    if source.startswith(_REFERENCE):
        return f"{root}/{_ARTIFACT_STORE}/paths/{source.removeprefix(_REFERENCE)}"
    _, found, rest = source.partition("/runs/")
    run, inside, path = rest.partition(_IN_RUN)
    if source.startswith("azureml://") and found and inside:
        return f"{root}/{_ARTIFACT_STORE}/paths/ExperimentRun/dcid.{run}/{path.strip('/')}".rstrip("/")
    if source.startswith("azureml://") and "/datastores/" in source:
        return source
    raise invalid(f"Model source '{source}' is not in this workspace; log the model to a run and register that.")


def _facts(folder: Path) -> tuple[str, JsonObject]:
    """Return type and flavors of the model in ``folder``."""
    description = folder / "MLmodel"
    if not description.is_file():
        return "custom_model", {}
    import yaml

    flavors = (yaml.safe_load(description.read_text(encoding="utf-8")) or {}).get("flavors") or {}
    return "mlflow_model", {name: {"data": {k: str(v) for k, v in data.items()}} for name, data in flavors.items()}


def _milliseconds(moment: float) -> int:
    return int(moment * 1000)


def _version_body(name: str, version: str, stored: AssetVersion) -> JsonObject:
    properties = stored["properties"]
    body = {
        "name": name,
        "version": version,
        "creation_timestamp": _milliseconds(stored["created"]),
        "last_updated_timestamp": _milliseconds(stored["modified"]),
        "user_id": SYSTEM_CREATOR,
        "current_stage": "None",
        "description": properties.get("description") or "",
        "source": properties["modelUri"],
        "run_id": properties.get("jobName") or "",
        "status": "READY",
        "tags": key_values(properties.get("tags") or {}),
    }
    return body


def _model_body(store: Store, name: str, stored: AssetContainer) -> JsonObject:
    versions = _versions(store, name)
    return {
        "name": name,
        "creation_timestamp": _milliseconds(stored["created"]),
        "last_updated_timestamp": _milliseconds(stored["modified"]),
        "description": stored["properties"].get("description") or "",
        "tags": key_values(stored["properties"].get("tags") or {}),
        "latest_versions": versions[:1],
    }


def _versions(store: Store, name: str) -> list[JsonObject]:
    rows = store.documents(keys.asset_versions("models", name))
    return [_version_body(name, version, stored) for version, stored in rows]


def _require(store: Store, name: str) -> AssetContainer:
    return store.find(keys.asset("models", name), missing(f"Registered Model with name={name}"))


def _tags(given: JsonObject) -> dict[str, str]:
    return {tag["key"]: str(tag.get("value", "")) for tag in given.get("tags") or []}


@mlflow_route("POST", "mlflow/registered-models/create")
def create_model(call: Call) -> Response:
    """MLflow: create a registered model without versions."""
    body, store, now = asked(call), call.workspace.store, time.time()
    name = required(body, "name")
    if "/" in name:
        raise invalid(f"Model name '{name}' contains a slash.")
    properties = {"description": body.get("description"), "tags": _tags(body), "properties": {}}
    stored: AssetContainer = {"created": now, "modified": now, "properties": properties, "archived": False}
    with store.transaction():
        if store.get(keys.asset("models", name)):
            raise MlflowError(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists.")
        store.put(keys.asset("models", name), stored)
    return json_response(200, {"registered_model": _model_body(call.workspace.store, name, stored)})


@mlflow_route("GET", "mlflow/registered-models/get")
def get_model(call: Call) -> Response:
    """MLflow: get a registered model."""
    name = required(asked(call), "name")
    return json_response(
        200, {"registered_model": _model_body(call.workspace.store, name, _require(call.workspace.store, name))}
    )


@mlflow_route("GET", "mlflow/registered-models/search")
def search_models(call: Call) -> Response:
    """MLflow: list the registered models that fit a filter, newest first."""
    rows = call.workspace.store.documents(keys.assets("models"))
    bodies = [_model_body(call.workspace.store, name, stored) for name, stored in rows]
    return json_response(200, {"registered_models": chosen_models(bodies, str(asked(call).get("filter") or ""))})


@mlflow_route("POST", "mlflow/registered-models/get-latest-versions")
def latest_versions(call: Call) -> Response:
    """MLflow: the latest version of a model; Azure has no stages."""
    name = required(asked(call), "name")
    _require(call.workspace.store, name)
    return json_response(200, {"model_versions": _versions(call.workspace.store, name)[:1]})


@mlflow_route("POST", "mlflow/model-versions/create")
def create_version(call: Call) -> Response:
    """MLflow: register a run's model files as the next version of a model of the workspace."""
    body, store = asked(call), call.workspace.store
    name, uri = required(body, "name"), _store_path(call.workspace.names, required(body, "source"))
    run = find_run(call.workspace, body["run_id"])[1]["name"] if body.get("run_id") else None
    place = local_path(call.workspace, uri)
    if not place.exists():
        raise invalid(f"There are no model files at '{body['source']}' (container {ARTIFACTS}).")
    kind, flavors = _facts(place)
    properties = {
        "description": body.get("description"),
        "tags": _tags(body),
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "flavors": flavors,
        "modelType": kind,
        "modelUri": uri,
        "jobName": run,
    }
    with store.transaction():
        _require(call.workspace.store, name)
        version = next_version(store, "models", name)
        stored, _ = record_version(store, "models", name, version, properties, properties)
    return json_response(200, {"model_version": _version_body(name, version, stored)})


def _require_version(call: Call, parameters: JsonObject) -> tuple[str, str, AssetVersion]:
    name, version = required(parameters, "name"), required(parameters, "version")
    absent = missing(f"Model Version (name={name}, version={version})")
    return name, version, call.workspace.store.find(keys.asset_version("models", name, version), absent)


@mlflow_route("GET", "mlflow/model-versions/get")
def get_version(call: Call) -> Response:
    """MLflow: get a version of a model."""
    return json_response(200, {"model_version": _version_body(*_require_version(call, asked(call)))})


@mlflow_route("GET", "mlflow/model-versions/get-download-uri")
def download_uri(call: Call) -> Response:
    """MLflow: where the files of a version lie."""
    _, _, stored = _require_version(call, asked(call))
    path = stored["properties"]["modelUri"].partition(f"/{_ARTIFACT_STORE}/paths/")[2]
    return json_response(200, {"artifact_uri": _REFERENCE + path if path else stored["properties"]["modelUri"]})


@mlflow_route("GET", "mlflow/model-versions/search")
def search_versions(call: Call) -> Response:
    """MLflow: list the versions of models that fit a filter, newest first."""
    store = call.workspace.store
    bodies = [body for name, _ in store.documents(keys.assets("models")) for body in _versions(store, name)]
    return json_response(200, {"model_versions": chosen_versions(bodies, str(asked(call).get("filter") or ""))})


@mlflow_route("POST", "mlflow/model-versions/set-tag")
def set_version_tag(call: Call) -> Response:
    """MLflow: set a tag of a version."""
    body, store = asked(call), call.workspace.store
    with store.transaction():
        name, version, stored = _require_version(call, body)
        tags = {**(stored["properties"].get("tags") or {}), required(body, "key"): str(body.get("value", ""))}
        store.change(keys.asset_version("models", name, version), properties={**stored["properties"], "tags": tags})
    return json_response(200, {})
