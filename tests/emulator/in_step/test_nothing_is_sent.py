"""In a network that leads nowhere, no program of a step and no release sends anything to another machine."""

import os
import sys

import pytest
from helpers import REPOSITORY
from quiet import attempts
from step_programs import (
    HOST,
    LIBRARIES,
    OTHER_HOSTS,
    PROGRAMS,
    REFUSED,
    variables,
)


@pytest.mark.slow
def test_below_the_program_nothing_is_seen_to_leave(tmp_path):
    code = "\n".join(
        [*PROGRAMS.values(), REFUSED.format(url=f"{HOST}/discovery"), *LIBRARIES.values()]
        + [f"address = {url!r}\n{LIBRARIES['urllib']}" for url in OTHER_HOSTS]
    )
    (tmp_path / "all.py").write_text(code)
    assert attempts(tmp_path, [sys.executable, "all.py"], variables(tmp_path)) == []


AUTOLOG = """
import mlflow, numpy
mlflow.autolog()
from sklearn.linear_model import LogisticRegression
import xgboost
rows, side = numpy.array([[0.0], [1.0], [2.0], [3.0]]), numpy.array([0, 0, 1, 1])
with mlflow.start_run():
    LogisticRegression().fit(rows, side)
    xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows, side), 2)
"""


SUBMIT = """
import time
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import AmlCompute, Environment
from emulator.client import activate
embedded = activate()
names = embedded.names
ml = MLClient(embedded.credential, names.subscription, names.group, names.workspace)
ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
job = command(command="python train.py", code="code", environment="plain:1", compute="cluster")
job = ml.jobs.create_or_update(job)
while (job := ml.jobs.get(job.name)).status not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
folder = embedded.workspace.blobs.path("azureml", f"ExperimentRun/dcid.{job.name}")
assert job.status == "Completed", (folder / "user_logs/std_log.txt").read_text()
"""


@pytest.mark.slow
def test_a_release_and_a_step_that_logs_by_itself_send_nothing_out(tmp_path):
    own = {name: value for name, value in os.environ.items() if not name.startswith("AZURE")}
    state = {**own, "AZUREML_LOCAL_STATE": str(tmp_path / "state"), "PYTHONPATH": str(REPOSITORY)}
    release = [
        "release_variants",
        "--problem",
        "heart-disease",
        "--variant",
        "ordinal",
        "--output",
        str(tmp_path / "out"),
    ]
    assert (
        attempts(
            tmp_path, ["bash", "-c", f"cd '{REPOSITORY}' && '{sys.executable}' -m scripts.{' '.join(release)}"], state
        )
        == []
    )
    autolog = tmp_path / "autolog.py"
    autolog.write_text(SUBMIT)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text(AUTOLOG)
    assert attempts(tmp_path, [sys.executable, str(autolog)], state) == []


@pytest.mark.slow
def test_what_does_leave_is_seen(tmp_path):
    code = "import socket\ntry: socket.create_connection(('192.0.2.7', 443), timeout=0.5)\nexcept OSError: pass"
    found = attempts(tmp_path, [sys.executable, "-c", code])
    assert [attempt.split(":")[0] for attempt in found] == ["192.0.2.7 port 443"]
