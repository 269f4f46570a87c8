"""The models that are deployed under batch endpoints, and the environments that MLflow models bring along."""

import json
from pathlib import Path

from emulator.state.addresses import local_path
from emulator.state.lookup import resolve_asset
from emulator.state.records import AssetVersion
from emulator.state.registry_environments import store_anonymous_environment
from emulator.state.workspace import Workspace
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JsonObject

_IMAGE = "mcr.microsoft.com/azureml/mlflow-ubuntu20.04-py38-cpu-inference"


def stored_model(workspace: Workspace, reference: str) -> tuple[tuple[str, str, AssetVersion], str]:
    """Return the model that ``reference`` names, and the address of its files.

    Raises:
        ServiceError: it does not exist, or belongs to a registry.
    """
    if reference.startswith("azureml://registries/"):
        raise unsupported(f"A deployment of a model of a registry ({reference})")
    model = resolve_asset(workspace, "models", reference)
    if model is None:
        raise bad_request(f"Model {reference!r} is not a reference to a model.", "ArgumentInvalid")
    return model, str(model[2]["properties"]["modelUri"])


def is_mlflow(model: AssetVersion) -> bool:
    """Return whether a model is one of MLflow, which can be deployed without a script and an environment."""
    return str(model["properties"].get("modelType")) == "mlflow_model"


def mlflow_environment(workspace: Workspace, model: tuple[str, str, AssetVersion]) -> str:
    """Return the id of the environment that an MLflow model describes; it is stored as an anonymous one.

    Raises:
        ServiceError: the model has no file that describes its environment.
    """
    name, version, stored = model
    folder = local_path(workspace, str(stored["properties"]["modelUri"]))
    conda = _conda_file(folder)
    if conda is None:
        raise bad_request(f"Model {name}:{version} has no conda.yaml, and the deployment no environment.")
    import yaml

    content: JsonObject = {
        "image": _IMAGE,
        "condaFile": json.dumps(yaml.safe_load(conda.read_text(encoding="utf-8")), indent=2),
    }
    return store_anonymous_environment(workspace, f"mlflow-{name}", content)


def _conda_file(folder: Path) -> Path | None:
    found = (folder / name for name in ("conda.yaml", "conda.yml"))
    return next((path for path in found if path.is_file()), None)
