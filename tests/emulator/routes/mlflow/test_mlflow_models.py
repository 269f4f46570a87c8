"""Models that MLflow registers, and artifacts of runs."""

import json

from tracking import new_run, request

from emulator.service import Service
from emulator.wire.http import Request
from emulator.wire.names import API


def test_a_model_of_a_run_becomes_a_model_of_the_workspace(workspace):
    run = new_run(workspace)
    flavors = b"flavors:\n  python_function:\n    loader_module: mlflow.xgboost\n"
    workspace.blobs.put("azureml", f"ExperimentRun/dcid.{run}/model/MLmodel", flavors, {})
    _, body = request(workspace, "GET", f"mlflow/runs/get?run_id={run}")
    source = body["run"]["info"]["artifact_uri"] + "/model"
    assert request(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})[0] == 200
    status, again = request(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})
    assert (status, again["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    for number in ("1", "2"):
        parameters = {"name": "heart", "source": source, "run_id": run}
        _, body = request(workspace, "POST", "mlflow/model-versions/create", parameters)
        assert body["model_version"]["version"] == number
        assert body["model_version"]["status"] == "READY"
    url = f"https://management.azure.com{workspace.names.arm}/models/heart/versions/2?api-version=2023-04-01-preview"
    seen = json.loads(Service(workspace).handle(Request("GET", url)).body)["properties"]
    assert seen["modelType"] == "mlflow_model"
    assert seen["flavors"] == {"python_function": {"data": {"loader_module": "mlflow.xgboost"}}}
    assert seen["modelUri"].endswith(f"/paths/ExperimentRun/dcid.{run}/model")


def test_a_model_without_files_is_refused(workspace):
    run = new_run(workspace)
    request(workspace, "POST", "mlflow/registered-models/create", {"name": "heart"})
    source = f"azureml://{API}/mlflow/v2.0/experiments/e/runs/{run}/artifacts/absent"
    status, body = request(workspace, "POST", "mlflow/model-versions/create", {"name": "heart", "source": source})
    assert status == 400
    assert "absent" in body["message"]


def test_artifacts_cannot_leave_their_run(workspace):
    run = new_run(workspace)
    url = f"https://{API}/history/v1.0{workspace.names.arm}/experiments/e/runs/{run}/artifacts/batch/metadata"
    body = json.dumps({"paths": [{"path": "../../../stolen"}]}).encode()
    assert Service(workspace).handle(Request("POST", url, {}, body)).status == 400
