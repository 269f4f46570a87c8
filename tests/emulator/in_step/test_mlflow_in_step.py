"""MLflow in a step, unmodified: it finds its run, and what it logs is seen from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import make_client, wait_for_job

from emulator import client

IN_STEP = Path(client.__file__).parent / "in_step"


TRAIN = """
import pathlib
import mlflow
with mlflow.start_run() as run:
    for step, value in enumerate((0.5, 0.75)):
        mlflow.log_metric("auc", value, step=step)
    mlflow.log_param("depth", 3)
    mlflow.set_tag("colour", "red")
    pathlib.Path("m").mkdir()
    pathlib.Path("m/MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.xgboost}}")
    mlflow.log_artifacts("m", "model")
    version = mlflow.register_model(f"{run.info.artifact_uri}/model", "heart")
    print("registered", version.version)
"""


@pytest.fixture
def embedded(tmp_path):
    return client.activate(tmp_path / "state")


@pytest.mark.slow
def test_what_a_step_logs_is_seen_from_outside(embedded, tmp_path, monkeypatch):
    from azure.ai.ml import command
    from azure.ai.ml.dsl import pipeline
    from azure.ai.ml.entities import AmlCompute, Environment

    names = embedded.names
    ml = make_client(embedded)
    ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(TRAIN)
    step = command(command="python train.py", code=str(code), environment="plain:1")

    @pipeline(default_compute="cluster")
    def trained():
        step()

    job = ml.jobs.create_or_update(trained(), experiment_name="heart-disease")
    job = wait_for_job(ml, job.name, seconds=120)
    [child] = ml.jobs.list(parent_job_name=job.name)
    log = embedded.workspace.blobs.path("azureml", f"ExperimentRun/dcid.{child.name}/user_logs/std_log.txt").read_text()
    assert job.status == "Completed", log
    assert "registered 1" in log
    model = ml.models.get("heart", "1")
    assert (model.type, model.path.rpartition("/")[2]) == ("mlflow_model", "model")

    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", embedded.credential.get_token("https://ml.azure.com/.default").token)
    outside = MlflowClient(names.tracking_uri.replace("azureml://", "https://"))
    run = outside.get_run(child.name)
    assert (run.data.metrics, run.data.params) == ({"auc": 0.75}, {"depth": "3"})
    assert run.data.tags["colour"] == "red"
    assert run.data.tags["mlflow.parentRunId"] == job.name
    assert run.info.status == "FINISHED"
    assert [point.value for point in outside.get_metric_history(child.name, "auc")] == [0.5, 0.75]
    experiment = outside.get_experiment_by_name("heart-disease")
    found = outside.search_runs([experiment.experiment_id], "metrics.auc > 0.7")
    assert [each.info.run_id for each in found] == [child.name]


def in_step(tmp_path, code, **variables):
    environment = {"PATH": os.environ["PATH"], "AZUREML_LOCAL_STATE": str(tmp_path / "state"), **variables}
    environment.setdefault("PYTHONPATH", str(IN_STEP))
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_step_that_makes_no_request_loads_nothing_of_the_emulator(tmp_path):
    code = "import sys, requests; print([name for name in sys.modules if name.startswith('emulator')], sys.path)"
    modules, _, path = in_step(tmp_path, code).partition("]")
    assert modules == "["
    assert str(Path(client.__file__).parents[1]) not in path.split("'")


def test_requests_in_a_step_reach_the_workspace_and_only_azures_hosts(tmp_path):
    code = """
import requests
response = requests.get("https://management.azure.com/subscriptions/0/none")
print(response.status_code, response.json()["error"]["code"])
try:
    requests.get("https://127.0.0.1:9/none", timeout=5)
except requests.ConnectionError:
    print("network")
"""
    assert in_step(tmp_path, code).split("\n") == ["404 NotFound", "network"]


def test_another_sitecustomize_still_runs(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text("import sys; sys.from_other = 'yes'")
    path = f"{IN_STEP}{os.pathsep}{other}"
    assert in_step(tmp_path, "import sys; print(sys.from_other)", PYTHONPATH=path) == "yes"
