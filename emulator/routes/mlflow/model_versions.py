"""Versions of registered models: the versions of the workspace's models, in the form of MLflow's model registry."""

from pathlib import Path

from emulator.routes.mlflow.filters import chosen_versions
from emulator.routes.mlflow.runs import find_run
from emulator.routes.mlflow.wire import (
    invalid,
    key_values,
    missing,
    mlflow_route,
    request_parameters,
    required,
    tags_of,
)
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
    """Return the address on a datastore for MLflow's address of a model's files.

    Raises:
        MlflowError: it is not an address of files in this workspace.
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


def _type_and_flavors(folder: Path) -> tuple[str, JsonObject]:
    """Return the type and the MLflow flavors of the model in ``folder``."""
    description = folder / "MLmodel"
    if not description.is_file():
        return "custom_model", {}
    import yaml

    flavors = (yaml.safe_load(description.read_text(encoding="utf-8")) or {}).get("flavors") or {}
    return "mlflow_model", {name: {"data": {k: str(v) for k, v in data.items()}} for name, data in flavors.items()}


def milliseconds(moment: float) -> int:
    """Return a time in seconds as MLflow writes it, in milliseconds."""
    return int(moment * 1000)


def _version_body(name: str, version: str, stored: AssetVersion) -> JsonObject:
    properties = stored["properties"]
    body = {
        "name": name,
        "version": version,
        "creation_timestamp": milliseconds(stored["created"]),
        "last_updated_timestamp": milliseconds(stored["modified"]),
        "user_id": SYSTEM_CREATOR,
        "current_stage": "None",
        "description": properties.get("description") or "",
        "source": properties["modelUri"],
        "run_id": properties.get("jobName") or "",
        "status": "READY",
        "tags": key_values(properties.get("tags") or {}),
    }
    return body


def version_bodies(store: Store, name: str) -> list[JsonObject]:
    """Return the bodies of all versions of a model, newest first."""
    rows = store.documents(keys.asset_versions("models", name))
    return [_version_body(name, version, stored) for version, stored in rows]


def require_model(store: Store, name: str) -> AssetContainer:
    """Return the stored container of the model ``name``.

    Raises:
        MlflowError: it does not exist.
    """
    return store.find(keys.asset("models", name), missing(f"Registered Model with name={name}"))


@mlflow_route("POST", "mlflow/model-versions/create")
def create_version(call: Call) -> Response:
    """MLflow: register a run's model files as the next version of a model of the workspace."""
    body, store = request_parameters(call), call.workspace.store
    name, uri = required(body, "name"), _store_path(call.workspace.names, required(body, "source"))
    run = find_run(call.workspace, body["run_id"])[1]["name"] if body.get("run_id") else None
    place = local_path(call.workspace, uri)
    if not place.exists():
        raise invalid(f"There are no model files at '{body['source']}' (container {ARTIFACTS}).")
    kind, flavors = _type_and_flavors(place)
    properties = {
        "description": body.get("description"),
        "tags": tags_of(body),
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        "flavors": flavors,
        "modelType": kind,
        "modelUri": uri,
        "jobName": run,
    }
    with store.transaction():
        require_model(call.workspace.store, name)
        version = next_version(store, "models", name)
        stored = record_version(store, "models", name, version, properties, properties).document
    return json_response(200, {"model_version": _version_body(name, version, stored)})


def _require_version(call: Call, parameters: JsonObject) -> tuple[str, str, AssetVersion]:
    name, version = required(parameters, "name"), required(parameters, "version")
    absent = missing(f"Model Version (name={name}, version={version})")
    return name, version, call.workspace.store.find(keys.asset_version("models", name, version), absent)


@mlflow_route("GET", "mlflow/model-versions/get")
def get_version(call: Call) -> Response:
    """MLflow: get a version of a model."""
    return json_response(200, {"model_version": _version_body(*_require_version(call, request_parameters(call)))})


@mlflow_route("GET", "mlflow/model-versions/get-download-uri")
def download_uri(call: Call) -> Response:
    """MLflow: get the address of the files of a version."""
    _, _, stored = _require_version(call, request_parameters(call))
    path = stored["properties"]["modelUri"].partition(f"/{_ARTIFACT_STORE}/paths/")[2]
    return json_response(200, {"artifact_uri": _REFERENCE + path if path else stored["properties"]["modelUri"]})


@mlflow_route("GET", "mlflow/model-versions/search")
def search_versions(call: Call) -> Response:
    """MLflow: list the versions of models that fit a filter, newest first."""
    store = call.workspace.store
    bodies = [body for name, _ in store.documents(keys.assets("models")) for body in version_bodies(store, name)]
    return json_response(
        200, {"model_versions": chosen_versions(bodies, str(request_parameters(call).get("filter") or ""))}
    )


@mlflow_route("POST", "mlflow/model-versions/set-tag")
def set_version_tag(call: Call) -> Response:
    """MLflow: set a tag of a version."""
    body, store = request_parameters(call), call.workspace.store
    with store.transaction():
        name, version, stored = _require_version(call, body)
        tags = {**(stored["properties"].get("tags") or {}), required(body, "key"): str(body.get("value", ""))}
        store.change(keys.asset_version("models", name, version), properties={**stored["properties"], "tags": tags})
    return json_response(200, {})
