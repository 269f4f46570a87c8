"""Tell MLflow about a run where a tracking server is set, as in every Azure ML job; else do nothing."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from refusal import Refused

if TYPE_CHECKING:
    from mlflow.entities import RunInfo

URI = "MLFLOW_TRACKING_URI"


def check(register_model_name: str | None) -> None:
    """Refuse early a registration that has no server to register with."""
    if register_model_name and not os.environ.get(URI):
        raise Refused(f"register_model_name is {register_model_name}, but {URI} is not set. Set it or omit it.")


def report(
    metrics: Mapping[str, float],
    parameters: Mapping[str, object],
    model: Path,
    register_model_name: str | None,
) -> None:
    """Log metrics and parameters to the current run; given a name, log and register the ``model`` folder."""
    if not os.environ.get(URI):
        return
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_params(dict(parameters))
        mlflow.log_metrics(dict(metrics))
        if register_model_name:
            mlflow.log_artifacts(str(model), "model")
            print(f"Registered {register_model_name}, version {_register(run.info, register_model_name)}")


def _register(run: "RunInfo", name: str) -> str:
    """Register the model by the address of its artifacts, which Azure's tracking plugin needs; return its version."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient()
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return str(client.create_model_version(name, f"{run.artifact_uri}/model", run_id=run.run_id).version)
