"""What a training step logs is the same by one request as by MLflow's own client, which serves where that fails."""

import json
import sys

import pytest

from emulator import client

METRICS = {"roc_auc": 0.9145, "log_loss": 0.376, "rows": 303.0}
PARAMETERS = {"objective": "binary:logistic", "eta": 0.05, "rounds": 100}


@pytest.fixture
def tracking(train_modules):
    return train_modules.tracking


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """Return MLflow's client of an embedded workspace; the variables are those of a step, but for the run."""
    from mlflow import MlflowClient

    embedded = client.activate(tmp_path / "state")
    token = embedded.credential.get_token("https://ml.azure.com/.default").token
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", embedded.names.tracking_uri)
    return MlflowClient(embedded.names.tracking_uri.replace("azureml://", "https://"))


def new_run(outside, monkeypatch) -> str:
    run = str(outside.create_run("0").info.run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run)
    return run


def logged(outside, run: str):
    data = outside.get_run(run).data
    steps = {key: [point.step for point in outside.get_metric_history(run, key)] for key in data.metrics}
    return data.metrics, data.params, steps


def test_one_request_logs_what_the_library_logs(tracking, outside, tmp_path, monkeypatch):
    by_request = new_run(outside, monkeypatch)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "mlflow", None)
        tracking.report(METRICS, PARAMETERS, tmp_path, None)
    by_library = new_run(outside, monkeypatch)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", outside.tracking_uri)
    tracking.report(METRICS, PARAMETERS, tmp_path, None)
    assert logged(outside, by_request) == logged(outside, by_library)
    assert logged(outside, by_request)[0] == METRICS


def test_the_request_is_that_of_the_vendors_plugin(tracking, outside, tmp_path, monkeypatch):
    """MLflow's own message reads the body, and Azure's plugin sends its own to the same address with the same token."""
    import mlflow
    from mlflow.protos.service_pb2 import LogBatch
    from mlflow.tracking._tracking_service.utils import _tracking_store_registry
    from mlflow.utils.proto_json_utils import parse_dict

    # A command of the line that ran in this process before has hidden the plugin from it.
    if sys.modules.get("azureml.mlflow", mlflow) is None:
        monkeypatch.delitem(sys.modules, "azureml.mlflow")
        _tracking_store_registry.register_entrypoints()
    sent = []
    client.activate(tmp_path / "state", recorder=lambda request, response: sent.append(request))
    run = new_run(outside, monkeypatch)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "Default")
    tracking.report(METRICS, PARAMETERS, tmp_path, None)
    with mlflow.start_run(run_id=run):
        mlflow.log_metrics(METRICS)
    ours, *theirs = [request for request in sent if request.url.endswith("/log-batch")]
    plugins = next(request for request in theirs if b"roc_auc" in request.body)

    def said(request):
        message = LogBatch()
        parse_dict(json.loads(request.body), message)
        headers = {name.lower(): value for name, value in request.headers.items()}
        points = [(metric.key, metric.value, metric.step) for metric in message.metrics]
        return request.method, request.url, headers["authorization"], message.run_id, points

    assert said(ours) == said(plugins)
    message = LogBatch()
    parse_dict(json.loads(ours.body), message)
    assert {one.key: one.value for one in message.params} == {key: str(value) for key, value in PARAMETERS.items()}


@pytest.mark.parametrize("kind", ["another server", "no run", "no token", "an unknown run", "many parameters", "nan"])
def test_the_library_serves_where_one_request_does_not(tracking, outside, monkeypatch, kind):
    new_run(outside, monkeypatch)
    metrics, parameters = METRICS, PARAMETERS
    if kind == "another server":
        monkeypatch.setenv("MLFLOW_TRACKING_URI", outside.tracking_uri)
    elif kind == "no run":
        monkeypatch.delenv("MLFLOW_RUN_ID")
    elif kind == "no token":
        monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    elif kind == "an unknown run":
        monkeypatch.setenv("MLFLOW_RUN_ID", "unknown")
    elif kind == "many parameters":
        parameters = {f"p{number}": number for number in range(101)}
    else:
        metrics = {"roc_auc": float("nan")}
    assert not tracking._log_batch(metrics, parameters)
