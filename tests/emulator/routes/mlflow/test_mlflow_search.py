"""Searches of MLflow: filters, orders and pages."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking import new_run, request

from emulator.state.workspace import Workspace

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
    status, body = request(workspace, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], **parameters})
    assert status == 200, body
    return [run["info"]["run_name"] for run in body["runs"]]


@pytest.fixture
def three_runs(workspace):
    for name, value in (("low", 0.1), ("middle", 0.5), ("high", 0.9)):
        run = new_run(workspace, run_name=name, tags=[{"key": "kind", "value": name[0]}])
        request(
            workspace, "POST", "mlflow/runs/log-metric", {"run_id": run, "key": "auc", "value": value, "timestamp": 1}
        )
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
    _, response = request(three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"]})
    first, _, third = (run["info"]["run_id"] for run in response["runs"])
    assert search(three_runs, filter=f"attributes.run_id IN ('{first}', '{third}')") == ["high", "low"]
    assert search(three_runs, filter=f"attributes.run_id NOT IN ('{first}', '{third}')") == ["middle"]


@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=6).map(" ".join))
@settings(deadline=None, max_examples=100)
def test_any_filter_is_read_or_refused(tmp_path_factory, text):
    workspace = Workspace(tmp_path_factory.mktemp("state"))
    new_run(workspace)
    body = {"experiment_ids": ["0"], "filter": text, "order_by": [text] if text else []}
    status, response = request(workspace, "POST", "mlflow/runs/search", body)
    assert status == 200 or response["error_code"] == "INVALID_PARAMETER_VALUE"


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
        request(workspace, "POST", "mlflow/experiments/create", {"name": name, "tags": tags})
    status, response = request(workspace, "POST", "mlflow/experiments/search", {"filter": text})
    assert status == 200
    assert [experiment["name"] for experiment in response["experiments"]] == names


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
        request(workspace, "POST", "mlflow/registered-models/create", {"name": name, "tags": tags})
    run = new_run(workspace)
    workspace.blobs.put("azureml", f"ExperimentRun/dcid.{run}/model/MLmodel", b"flavors: {}", {})
    for _ in range(2):
        body = {"name": "one", "source": f"azureml://artifacts/ExperimentRun/dcid.{run}/model"}
        assert request(workspace, "POST", "mlflow/model-versions/create", body)[0] == 200
    query = urlencode({"filter": text})
    _, response = request(workspace, "GET", f"mlflow/registered-models/search?{query}")
    assert [model["name"] for model in response["registered_models"]] == models
    _, response = request(workspace, "GET", f"mlflow/model-versions/search?{query}")
    assert [(version["name"], version["version"]) for version in response["model_versions"]] == versions


def test_pages_hold_every_run_once(three_runs):
    found, token = [], None
    while True:
        body = {"experiment_ids": ["0"], "max_results": 1, **({"page_token": token} if token else {})}
        _, response = request(three_runs, "POST", "mlflow/runs/search", body)
        found += [run["info"]["run_name"] for run in response["runs"]]
        if not (token := response.get("next_page_token")):
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
    status, body = request(three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], "filter": text})
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_an_order_that_cannot_be_read_is_refused(three_runs):
    status, body = request(
        three_runs, "POST", "mlflow/runs/search", {"experiment_ids": ["0"], "order_by": ["sums.auc"]}
    )
    assert (status, body["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
