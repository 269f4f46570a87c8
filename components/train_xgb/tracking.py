"""Tell MLflow about a run where a tracking server is set, as in every Azure ML job; else do nothing."""

import os
from collections.abc import Mapping
from pathlib import Path

from refusal import Refused

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
            registered = mlflow.register_model(f"{run.info.artifact_uri}/model", register_model_name)
            print(f"Registered {registered.name}, version {registered.version}")
