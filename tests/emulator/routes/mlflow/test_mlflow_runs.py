"""Runs of MLflow: what is logged to them, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking import new_run, request, run_data

from emulator.state.workspace import Workspace


def test_a_run_keeps_what_is_logged_to_it(workspace):
    run = new_run(workspace, run_name="first")
    batch = {
        "run_id": run,
        "metrics": [{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "colour", "value": "red"}],
    }
    assert request(workspace, "POST", "mlflow/runs/log-batch", batch) == (200, {})
    data = run_data(workspace, run)
    assert (data["metrics"], data["params"]) == ({"auc": 0.5}, {"depth": "3"})
    assert data["tags"]["colour"] == "red"
    assert data["tags"]["mlflow.runName"] == "first"


def test_history_keeps_order_and_the_latest_step_is_shown(workspace):
    run = new_run(workspace)
    for step, value in ((0, 0.1), (2, 0.3), (1, 0.2)):
        body = {"run_id": run, "key": "loss", "value": value, "timestamp": 5, "step": step}
        assert request(workspace, "POST", "mlflow/runs/log-metric", body)[0] == 200
    _, history = request(workspace, "GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=loss")
    assert [point["value"] for point in history["metrics"]] == [0.1, 0.3, 0.2]
    assert run_data(workspace, run)["metrics"] == {"loss": 0.3}


@given(key=st.text(min_size=1, max_size=30), value=st.floats())
@settings(deadline=None, max_examples=25)
def test_any_key_and_any_float_come_back(tmp_path_factory, key, value):
    workspace = Workspace(tmp_path_factory.mktemp("state"))
    run = new_run(workspace)
    body = {"run_id": run, "key": key, "value": value if abs(value) < float("inf") else str(value), "timestamp": 1}
    assert request(workspace, "POST", "mlflow/runs/log-metric", body)[0] == 200
    returned = run_data(workspace, run)["metrics"]
    assert list(returned) == [key]
    assert repr(float(returned[key])) == repr(value)


def test_keys_that_differ_in_case_stay_apart(workspace):
    run = new_run(workspace)
    for key, value in (("AUC", 1.0), ("auc", 2.0)):
        request(
            workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": key, "value": value, "timestamp": 1}
        )
    assert run_data(workspace, run)["metrics"] == {"AUC": 1.0, "auc": 2.0}


def test_a_parameter_never_changes_and_its_batch_leaves_nothing(workspace):
    run = new_run(workspace)
    first = {"run_id": run, "key": "depth", "value": "3"}
    assert request(workspace, "POST", "mlflow/runs/log-parameter", first)[0] == 200
    assert request(workspace, "POST", "mlflow/runs/log-parameter", first)[0] == 200
    batch = {"run_id": run, "params": [{"key": "new", "value": "1"}, {"key": "depth", "value": "4"}]}
    status, body = request(workspace, "POST", "mlflow/runs/log-batch", batch)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "depth" in body["message"]
    assert run_data(workspace, run)["params"] == {"depth": "3"}


def test_a_run_ends_and_is_renamed(workspace):
    run = new_run(workspace)
    change = {"run_id": run, "status": "FINISHED", "end_time": 2000, "run_name": "done"}
    _, body = request(workspace, "POST", "mlflow/runs/update", change)
    assert (body["run_info"]["status"], body["run_info"]["run_name"]) == ("FINISHED", "done")
    assert body["run_info"]["end_time"] == 2000


def test_the_status_of_a_job_is_not_mlflows_to_change(workspace):
    job = {"name": "j", "display": "j", "experiment": "e", "tags": {}, "properties": {}, "status": "Completed"}
    times = {"created": 1.0, "started": 1.0, "ended": 2.0, "parent": None, "root": "j"}
    workspace.store.put("jobs/j", {**job, **times})
    _, body = request(workspace, "POST", "mlflow/runs/update", {"run_id": "j", "status": "RUNNING"})
    assert body["run_info"]["status"] == "FINISHED"
    request(workspace, "POST", "mlflow/runs/set-tag", {"run_id": "j", "key": "a", "value": "b"})
    assert workspace.store.get("jobs/j")["tags"] == {"a": "b"}


def test_a_reused_step_shows_what_the_step_it_reused_logged(workspace):
    run = new_run(workspace)
    request(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "auc", "value": 0.5, "timestamp": 1})
    step = {"name": "s", "display": "s", "experiment": "e", "tags": {}, "status": "Completed", "root": "s"}
    times = {"created": 1.0, "started": 1.0, "ended": 2.0, "parent": None}
    workspace.store.put("jobs/s", {**step, **times, "properties": {"azureml.reusedrunid": run}})
    assert run_data(workspace, "s")["metrics"] == {"auc": 0.5}
    _, history = request(workspace, "GET", "mlflow/metrics/get-history?run_id=s&metric_key=auc")
    assert [point["value"] for point in history["metrics"]] == [0.5]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("mlflow/runs/log-metric", {"run_id": "nobody", "key": "a", "value": 1}, "RESOURCE_DOES_NOT_EXIST"),
        ("mlflow/runs/log-metric", {"key": "a", "value": 1}, "INVALID_PARAMETER_VALUE"),
        ("mlflow/runs/create", {"experiment_id": "nowhere"}, "RESOURCE_DOES_NOT_EXIST"),
        ("mlflow/runs/search", {"experiment_ids": ["nowhere"]}, "RESOURCE_DOES_NOT_EXIST"),
        ("mlflow/runs/create", ["no", "object"], "INVALID_PARAMETER_VALUE"),
        ("mlflow/logged-models", {"name": "m"}, "ENDPOINT_NOT_FOUND"),
        ("mlflow/model-versions/create", {"name": "m", "source": "s3://b/m"}, "INVALID_PARAMETER_VALUE"),
        ("mlflow/registered-models/create", {"name": "a/b"}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_cannot_be_is_refused_in_mlflows_words(workspace, path, body, code):
    status, response = request(workspace, "POST", path, body)
    assert status >= 400
    assert response["error_code"] == code
    assert response["message"]


def test_a_metric_that_is_no_number_is_refused(workspace):
    run = new_run(workspace)
    status, body = request(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "a", "value": "high"})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "'high'" in body["message"]
