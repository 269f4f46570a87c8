"""MLflow's REST API: what a run, a metric, a parameter, a search and a model are on the wire, and what is refused."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request
from emulator.wire.names import API


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "state")


def ask(workspace, method, path, body=None, version="v2.0"):
    url = f"https://{API}/mlflow/{version}{workspace.names.arm}/api/2.0/{path}"
    content = b"" if body is None else json.dumps(body).encode()
    response = Service(workspace).handle(Request(method, url, {}, content))
    return response.status, json.loads(response.body)


def new_run(workspace, **parameters):
    status, body = ask(workspace, "POST", "mlflow/runs/create", {"experiment_id": "0", **parameters})
    assert status == 200
    return body["run"]["info"]["run_id"]


def run_data(workspace, run):
    status, body = ask(workspace, "GET", f"mlflow/runs/get?run_id={run}")
    assert status == 200
    return {kind: {pair["key"]: pair["value"] for pair in body["run"]["data"][kind]} for kind in body["run"]["data"]}


def test_a_run_keeps_what_is_logged_to_it(workspace):
    run = new_run(workspace, run_name="first")
    batch = {
        "run_id": run,
        "metrics": [{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "colour", "value": "red"}],
    }
    assert ask(workspace, "POST", "mlflow/runs/log-batch", batch) == (200, {})
    data = run_data(workspace, run)
    assert (data["metrics"], data["params"]) == ({"auc": 0.5}, {"depth": "3"})
    assert data["tags"]["colour"] == "red"
    assert data["tags"]["mlflow.runName"] == "first"


def test_history_keeps_order_and_the_latest_step_is_shown(workspace):
    run = new_run(workspace)
    for step, value in ((0, 0.1), (2, 0.3), (1, 0.2)):
        body = {"run_id": run, "key": "loss", "value": value, "timestamp": 5, "step": step}
        assert ask(workspace, "POST", "mlflow/runs/log-metric", body)[0] == 200
    _, history = ask(workspace, "GET", f"mlflow/metrics/get-history?run_id={run}&metric_key=loss")
    assert [point["value"] for point in history["metrics"]] == [0.1, 0.3, 0.2]
    assert run_data(workspace, run)["metrics"] == {"loss": 0.3}


@given(key=st.text(min_size=1, max_size=30), value=st.floats())
@settings(deadline=None, max_examples=25)
def test_any_key_and_any_float_come_back(tmp_path_factory, key, value):
    workspace = Workspace(tmp_path_factory.mktemp("state"))
    run = new_run(workspace)
    body = {"run_id": run, "key": key, "value": value if abs(value) < float("inf") else str(value), "timestamp": 1}
    assert ask(workspace, "POST", "mlflow/runs/log-metric", body)[0] == 200
    returned = run_data(workspace, run)["metrics"]
    assert list(returned) == [key]
    assert repr(float(returned[key])) == repr(value)


def test_keys_that_differ_in_case_stay_apart(workspace):
    run = new_run(workspace)
    for key, value in (("AUC", 1.0), ("auc", 2.0)):
        ask(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": key, "value": value, "timestamp": 1})
    assert run_data(workspace, run)["metrics"] == {"AUC": 1.0, "auc": 2.0}


def test_a_parameter_never_changes_and_its_batch_leaves_nothing(workspace):
    run = new_run(workspace)
    first = {"run_id": run, "key": "depth", "value": "3"}
    assert ask(workspace, "POST", "mlflow/runs/log-parameter", first)[0] == 200
    assert ask(workspace, "POST", "mlflow/runs/log-parameter", first)[0] == 200
    batch = {"run_id": run, "params": [{"key": "new", "value": "1"}, {"key": "depth", "value": "4"}]}
    status, body = ask(workspace, "POST", "mlflow/runs/log-batch", batch)
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "depth" in body["message"]
    assert run_data(workspace, run)["params"] == {"depth": "3"}


def test_a_run_ends_and_is_renamed(workspace):
    run = new_run(workspace)
    change = {"run_id": run, "status": "FINISHED", "end_time": 2000, "run_name": "done"}
    _, body = ask(workspace, "POST", "mlflow/runs/update", change)
    assert (body["run_info"]["status"], body["run_info"]["run_name"]) == ("FINISHED", "done")
    assert body["run_info"]["end_time"] == 2000


def test_the_status_of_a_job_is_not_mlflows_to_change(workspace):
    job = {"name": "j", "display": "j", "experiment": "e", "tags": {}, "properties": {}, "status": "Completed"}
    times = {"created": 1.0, "started": 1.0, "ended": 2.0, "parent": None, "root": "j"}
    workspace.store.put("jobs/j", {**job, **times})
    _, body = ask(workspace, "POST", "mlflow/runs/update", {"run_id": "j", "status": "RUNNING"})
    assert body["run_info"]["status"] == "FINISHED"
    ask(workspace, "POST", "mlflow/runs/set-tag", {"run_id": "j", "key": "a", "value": "b"})
    assert workspace.store.get("jobs/j")["tags"] == {"a": "b"}


def test_a_reused_step_shows_what_the_step_it_reused_logged(workspace):
    run = new_run(workspace)
    ask(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "auc", "value": 0.5, "timestamp": 1})
    step = {"name": "s", "display": "s", "experiment": "e", "tags": {}, "status": "Completed", "root": "s"}
    times = {"created": 1.0, "started": 1.0, "ended": 2.0, "parent": None}
    workspace.store.put("jobs/s", {**step, **times, "properties": {"azureml.reusedrunid": run}})
    assert run_data(workspace, "s")["metrics"] == {"auc": 0.5}
    _, history = ask(workspace, "GET", "mlflow/metrics/get-history?run_id=s&metric_key=auc")
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
    status, answer = ask(workspace, "POST", path, body)
    assert status >= 400
    assert answer["error_code"] == code
    assert answer["message"]


def test_a_metric_that_is_no_number_is_refused(workspace):
    run = new_run(workspace)
    status, body = ask(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "a", "value": "high"})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "'high'" in body["message"]


FRAGMENTS = [
    "metrics.a",
    "tags.`b c`",
    "attributes.run_id",
    "run_id",
    "start_time",
    "datasets.name",
    "=",
    ">",
    "!=",
    "LIKE",
]
FRAGMENTS += [
    "IN",
    "NOT",
    "IS",
    "NULL",
    "and",
    "AND",
    "or",
    "(",
    ")",
    "('x', 'y')",
    "'x'",
    '"',
    "1",
    "-1.5",
    ";",
    ",",
    "DESC",
    ".",
]


def search(workspace, **parameters):
    status, body = ask(workspace, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], **parameters})
    assert status == 200, body
    return [run["info"]["run_name"] for run in body["runs"]]


@pytest.fixture
def three_runs(workspace):
    for name, value in (("low", 0.1), ("middle", 0.5), ("high", 0.9)):
        run = new_run(workspace, run_name=name, tags=[{"key": "kind", "value": name[0]}])
        ask(workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "auc", "value": value, "timestamp": 1})
    return workspace


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, ["high", "middle", "low"]),
        ({"filter": "metrics.auc > 0.3 and tags.kind != 'h'"}, ["middle"]),
        ({"filter": "attributes.run_name LIKE 'm%'"}, ["middle"]),
        ({"filter": "attributes.run_name ILIKE 'M%'"}, ["middle"]),
        ({"filter": "tags.absent IS NULL and tags.kind IS NOT NULL and metrics.auc >= 0.5"}, ["high", "middle"]),
        ({"filter": 'tags.`kind` = "l"'}, ["low"]),
        ({"filter": "tags.kind = 'it''s'"}, []),
        ({"filter": "params.absent = 'x'"}, []),
        ({"filter": "attributes.start_time > 0 and attributes.status = 'RUNNING'"}, ["high", "middle", "low"]),
        ({"filter": "metrics.absent > 0"}, []),
        ({"order_by": ["metrics.auc ASC"]}, ["low", "middle", "high"]),
        ({"order_by": ["metrics.auc DESC"], "max_results": 1}, ["high"]),
        ({"order_by": ["metrics.absent DESC", "tags.kind"]}, ["high", "low", "middle"]),
        ({"run_view_type": "DELETED_ONLY"}, []),
    ],
)
def test_search(three_runs, parameters, names):
    assert search(three_runs, **parameters) == names


def test_a_search_by_a_list_of_ids(three_runs):
    _, answer = ask(three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"]})
    first, _, third = (run["info"]["run_id"] for run in answer["runs"])
    assert search(three_runs, filter=f"attributes.run_id IN ('{first}', '{third}')") == ["high", "low"]
    assert search(three_runs, filter=f"attributes.run_id NOT IN ('{first}', '{third}')") == ["middle"]


@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=6).map(" ".join))
@settings(deadline=None, max_examples=100)
def test_any_filter_is_read_or_refused(tmp_path_factory, text):
    workspace = Workspace(tmp_path_factory.mktemp("state"))
    new_run(workspace)
    body = {"experiment_ids": ["0"], "filter": text, "order_by": [text] if text else []}
    status, answer = ask(workspace, "POST", "mlflow/runs/search", body)
    assert status == 200 or answer["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["Default", "b-two", "a-one"]),
        ("name = 'a-one'", ["a-one"]),
        ("name LIKE '%-%' AND tags.kind = 'x'", ["b-two"]),
        ("name ILIKE 'A%'", ["a-one"]),
    ],
)
def test_search_of_experiments(workspace, text, names):
    for name, tags in (("a-one", []), ("b-two", [{"key": "kind", "value": "x"}])):
        ask(workspace, "POST", "mlflow/experiments/create", {"name": name, "tags": tags})
    status, answer = ask(workspace, "POST", "mlflow/experiments/search", {"filter": text})
    assert status == 200
    assert [experiment["name"] for experiment in answer["experiments"]] == names


@pytest.mark.parametrize(
    ("text", "models", "versions"),
    [
        ("", ["two", "one"], [("one", "2"), ("one", "1")]),
        ("name = 'one'", ["one"], [("one", "2"), ("one", "1")]),
        ("name ILIKE 'T%'", ["two"], []),
        ("name != 'one'", ["two"], []),
        ("tags.kind = 'x'", ["two"], []),
    ],
)
def test_search_of_models(workspace, text, models, versions):
    for name, tags in (("one", []), ("two", [{"key": "kind", "value": "x"}])):
        ask(workspace, "POST", "mlflow/registered-models/create", {"name": name, "tags": tags})
    run = new_run(workspace)
    workspace.blobs.put("azureml", f"ExperimentRun/dcid.{run}/model/MLmodel", b"flavors: {}", {})
    for _ in range(2):
        body = {"name": "one", "source": f"azureml://artifacts/ExperimentRun/dcid.{run}/model"}
        assert ask(workspace, "POST", "mlflow/model-versions/create", body)[0] == 200
    query = urlencode({"filter": text})
    _, answer = ask(workspace, "GET", f"mlflow/registered-models/search?{query}")
    assert [model["name"] for model in answer["registered_models"]] == models
    _, answer = ask(workspace, "GET", f"mlflow/model-versions/search?{query}")
    assert [(version["name"], version["version"]) for version in answer["model_versions"]] == versions


def test_pages_hold_every_run_once(three_runs):
    found, token = [], None
    while True:
        body = {"experiment_ids": ["0"], "max_results": 1, **({"page_token": token} if token else {})}
        _, answer = ask(three_runs, "POST", "mlflow/runs/search", body)
        found += [run["info"]["run_name"] for run in answer["runs"]]
        if not (token := answer.get("next_page_token")):
            break
    assert found == ["high", "middle", "low"]


@pytest.mark.parametrize(
    "text",
    [
        "metrics.auc > 'x'",
        "tags.kind = h",
        "metrics.auc",
        "sums.auc > 1",
        "metrics.auc > 1 or metrics.auc < 0",
        "metrics.auc > 1; drop",
        "attributes.start_time > 1.5",
        "(",
        "tags.kind IN (",
        "attributes.run_name IN ('a'",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(three_runs, text):
    status, body = ask(three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], "filter": text})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_an_order_that_cannot_be_read_is_refused(three_runs):
    status, body = ask(three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], "order_by": ["sums.auc"]})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_model_of_a_run_becomes_a_model_of_the_workspace(workspace):
    run = new_run(workspace)
    flavors = b"flavors:\n  python_function:\n    loader_module: mlflow.xgboost\n"
    workspace.blobs.put("azureml", f"ExperimentRun/dcid.{run}/model/MLmodel", flavors, {})
    _, body = ask(workspace, "GET", f"mlflow/runs/get?run_id={run}")
    source = body["run"]["info"]["artifact_uri"] + "/model"
    assert ask(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})[0] == 200
    status, again = ask(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})
    assert (status, again["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    for number in ("1", "2"):
        asked = {"name": "heart", "source": source, "run_id": run}
        _, body = ask(workspace, "POST", "mlflow/model-versions/create", asked)
        assert body["model_version"]["version"] == number
        assert body["model_version"]["status"] == "READY"
    url = f"https://management.azure.com{workspace.names.arm}/models/heart/versions/2?api-version=2023-04-01-preview"
    seen = json.loads(Service(workspace).handle(Request("GET", url)).body)["properties"]
    assert seen["modelType"] == "mlflow_model"
    assert seen["flavors"] == {"python_function": {"data": {"loader_module": "mlflow.xgboost"}}}
    assert seen["modelUri"].endswith(f"/paths/ExperimentRun/dcid.{run}/model")


def test_a_model_without_files_is_refused(workspace):
    run = new_run(workspace)
    ask(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})
    source = f"azureml://{API}/mlflow/v2.0/experiments/e/runs/{run}/artifacts/absent"
    status, body = ask(workspace, "POST", "mlflow/model-versions/create", {"name": "heart", "source": source})
    assert status == 400
    assert "absent" in body["message"]


def test_artifacts_cannot_leave_their_run(workspace):
    run = new_run(workspace)
    url = f"https://{API}/history/v1.0{workspace.names.arm}/experiments/e/runs/{run}/artifacts/batch/metadata"
    body = json.dumps({"paths": [{"path": "../../../stolen"}]}).encode()
    assert Service(workspace).handle(Request("POST", url, {}, body)).status == 400
