"""Unmodified programs reach the served workspace with environment variables alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import REPOSITORY

from emulator.state.workspace import Workspace

AZURE = ("AZURE_", "AZUREML_", "MLFLOW_", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(AZURE)}


CLIENT = """
import os, sys, time
from pathlib import Path
from azure.ai.ml import Input, MLClient, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import AmlCompute, Data, Environment
from azure.identity import DefaultAzureCredential

assert "emulator" not in sys.modules
names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
ml = MLClient(DefaultAzureCredential(), *names)
folder = Path("rows"); folder.mkdir(); (folder / "rows.csv").write_text("a,b\\n1,2\\n")
data = ml.data.create_or_update(Data(name="rows", version="1", path=str(folder), type=AssetTypes.URI_FOLDER))
ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
job = command(
    command="cat ${{inputs.rows}}/rows.csv", environment="plain:1", compute="cluster",
    inputs={"rows": Input(type="uri_folder", path="azureml:rows:1")})
job = ml.jobs.create_or_update(job)
while (job := ml.jobs.get(job.name)).status not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
print("status", job.status)
ml.jobs.download(job.name, all=True, download_path="got")
print("log", repr(next(Path("got").rglob("std_log.txt")).read_text()))
"""


MLFLOW = """
import mlflow
from mlflow.tracking import MlflowClient

with mlflow.start_run() as run:
    mlflow.log_metric("auc", 0.875)
print("uri", mlflow.get_tracking_uri().partition(":")[0])
print("auc", MlflowClient().get_run(run.info.run_id).data.metrics)
"""


def serve(tmp_path, *arguments, code):
    command = [sys.executable, "-m", "emulator", "serve", "--state", str(tmp_path / "state"), *arguments]
    script = tmp_path / "program.py"
    script.write_text(code)
    environment = {**clean_environment(), "PYTHONPATH": str(REPOSITORY)}
    child = ["env", "-u", "PYTHONPATH", "-C", str(tmp_path), sys.executable, str(script)]
    return subprocess.run([*command, "--", *child], env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_an_unmodified_program_creates_data_and_runs_a_job(tmp_path):
    result = serve(tmp_path, code=CLIENT)
    assert result.returncode == 0, result.stderr
    lines = dict(line.split(" ", 1) for line in result.stdout.splitlines() if line.startswith(("status", "log")))
    assert lines["status"] in ("Completed", "JobStatus.COMPLETED")
    assert lines["log"] == repr("a,b\n1,2\n")


@pytest.mark.slow
def test_mlflow_with_the_plugins_uri_logs_and_reads(tmp_path):
    result = serve(tmp_path, code=MLFLOW)
    assert result.returncode == 0, result.stderr
    assert "uri azureml" in result.stdout
    assert "auc {'auc': 0.875}" in result.stdout


def test_the_exit_status_is_the_commands(tmp_path):
    assert serve(tmp_path, code="raise SystemExit(7)").returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_variables_for_a_shell_and_ends_cleanly(tmp_path, number):
    state, variables = tmp_path / "state", tmp_path / "variables.sh"
    command = [sys.executable, "-m", "emulator", "serve", "--state", str(state), "--env-file", str(variables)]
    environment = {**clean_environment(), "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert "127.0.0.1" in process.stderr.readline()
    shell = f'. {variables}; echo "$AZURE_TENANT_ID"; cat "$REQUESTS_CA_BUNDLE"; echo "$REQUESTS_CA_BUNDLE"'
    seen = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout.splitlines()
    assert seen[0] == Workspace(state).names.tenant
    assert seen[1] == "-----BEGIN CERTIFICATE-----"
    assert variables.stat().st_mode & 0o077 == 0
    process.send_signal(number)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert printed == variables.read_text()
    assert not Path(seen[-1]).exists()
