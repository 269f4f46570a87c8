"""Tell MLflow about a run where a tracking server is set, as in every Azure ML job; else do nothing."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from refusal import Refused

if TYPE_CHECKING:
    from mlflow.entities import RunInfo

URI, RUN, TOKEN = "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_TRACKING_TOKEN"
# One request of the API holds so many; MLflow's own client splits what is more.
_PARAMETERS, _METRICS, _SECONDS = 100, 900, 30


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
    if not register_model_name and _log_batch(metrics, parameters):
        return
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_params(dict(parameters))
        mlflow.log_metrics(dict(metrics))
        if register_model_name:
            mlflow.log_artifacts(str(model), "model")
            print(f"Registered {register_model_name}, version {_register(run.info, register_model_name)}")


def _log_batch(metrics: Mapping[str, float], parameters: Mapping[str, object]) -> bool:
    """Log to the run of an Azure ML job by one request; return whether the server accepted it.

    The import of MLflow takes 1.4 s of CPU, more than all else that this step does on hundreds of rows. It does the
    same where this does not apply or fails. The request is that of MLflow's REST API (``runs/log-batch``,
    https://mlflow.org/docs/latest/api_reference/rest-api.html); the address is that of the plugin ``azureml-mlflow``.
    """
    server, run, token = urlsplit(os.environ[URI]), os.environ.get(RUN), os.environ.get(TOKEN)
    scope = server.path.find("/subscriptions/")
    small = len(parameters) <= _PARAMETERS and len(metrics) <= _METRICS
    if server.scheme != "azureml" or scope < 0 or not run or not token or not small:
        return False
    import requests

    now = int(time.time() * 1000)
    body = {
        "run_id": run,
        "metrics": [{"key": key, "value": value, "timestamp": now, "step": 0} for key, value in metrics.items()],
        "params": [{"key": key, "value": str(value)} for key, value in parameters.items()],
    }
    address = f"https://{server.netloc}/mlflow/v2.0{server.path[scope:]}/api/2.0/mlflow/runs/log-batch"
    try:
        answer = requests.post(address, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=_SECONDS)
    except requests.RequestException:
        return False
    return answer.ok


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
