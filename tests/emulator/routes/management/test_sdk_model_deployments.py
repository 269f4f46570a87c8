"""Deployments of models under batch endpoints: through the SDK, from creation to the file of predictions."""

import os
import shutil

import pandas
import pytest
from azure.ai.ml import Input, Output
from azure.ai.ml.entities import (
    BatchDeployment,
    BatchEndpoint,
    BatchRetrySettings,
    CodeConfiguration,
    Model,
    ModelBatchDeployment,
    ModelBatchDeploymentSettings,
)
from azure.ai.ml.entities._load_functions import load_model_batch_deployment
from azure.core.exceptions import HttpResponseError
from workbench import ENVIRONMENT

from emulator.state.addresses import datastore_path

SCRIPT = """
import glob, os, pandas
def init():
    global factor
    # So the published samples find the folder of their model.
    factor = float(open(glob.glob(os.environ["AZUREML_MODEL_DIR"] + "/*/")[0] + "/factor.txt").read())
def run(mini_batch):
    print(os.environ["WORD"])
    table = pandas.concat([pandas.read_csv(path).assign(file=os.path.basename(path)) for path in mini_batch])
    return table.assign(scored=table.x * factor)[["file", "scored"]]
"""
WRITES = """
import os, pandas
def init():
    pass
def run(mini_batch):
    for path in mini_batch:
        table = pandas.read_csv(path)
        table.to_json(os.path.join(os.environ["AZUREML_BI_OUTPUT_PATH"], os.path.basename(path) + ".json"))
    return mini_batch
"""


@pytest.fixture
def place(own):
    """Return a workbench with a model, a folder of three files, and an endpoint."""
    for number in range(3):
        file = own.folder / "rows" / f"part{number}.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"x\n{number}\n{number + 10}\n")
    (own.folder / "model").mkdir()
    (own.folder / "model" / "factor.txt").write_text("2")
    own.client.models.create_or_update(Model(name="times", version="1", path=str(own.folder / "model")))
    own.client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="scores")).result()
    return own


def deploy(bench, script, name="first", **settings):
    (bench.folder / "code").mkdir(exist_ok=True)
    (bench.folder / "code" / "driver.py").write_text(script)
    more = {"environment_variables": {"WORD": "hello"}, "mini_batch_size": 2, "output_action": "append_row"}
    deployment = ModelBatchDeployment(
        name=name,
        endpoint_name="scores",
        model=bench.client.models.get("times", "1"),
        code_configuration=CodeConfiguration(code=str(bench.folder / "code"), scoring_script="driver.py"),
        environment=ENVIRONMENT,
        compute="cluster",
        settings=ModelBatchDeploymentSettings(**{**more, **settings}),
    )
    return bench.client.batch_deployments.begin_create_or_update(deployment).result()


def invoke(bench, deployment="first", **more):
    data = Input(type="uri_folder", path=str(bench.folder / "rows"))
    job = bench.client.batch_endpoints.invoke("scores", deployment_name=deployment, inputs={"rows": data}, **more)
    return bench.finished(job.name)


def scores(bench, job):
    """Return the folder of the output ``score``."""
    (step,) = bench.client.jobs.list(parent_job_name=job.name)
    return bench.output(step, "score")


def test_an_invocation_appends_the_predictions_to_a_file(place):
    deployed = deploy(place, SCRIPT, output_file_name="predictions.csv")
    assert (deployed.output_file_name, deployed.mini_batch_size) == ("predictions.csv", 2)
    job = invoke(place)
    assert job.status == "Completed"
    # The published notebooks read it so.
    table = pandas.read_csv(scores(place, job) / "predictions.csv", header=None, sep=" ", names=["file", "scored"])
    assert dict(table.groupby("file").scored.sum()) == {"part0.csv": 20.0, "part1.csv": 24.0, "part2.csv": 28.0}
    (step,) = place.client.jobs.list(parent_job_name=job.name)
    assert "hello" in place.log(step, "logs/user/stdout/127.0.0.1/process000.stdout.txt")
    assert [each.name for each in place.client.batch_deployments.list_jobs("scores", name="first")] == [job.name]
    assert [each.name for each in place.client.batch_endpoints.list_jobs("scores")] == [job.name]


def test_the_address_of_the_scores_is_as_the_sdk_finds_it(place):
    """``az ml job download --output-name score`` asks for the output of the step; 1.35.2 then downloads nothing."""
    deploy(place, SCRIPT)
    job = invoke(place)
    uri = place.client.jobs._get_batch_job_scoring_output_uri(job.name)
    assert uri.endswith("/score/")
    assert (datastore_path(place.workspace, uri) / "predictions.csv").is_file()


def test_the_jobs_of_a_deployment_and_their_steps_are_of_one_pipeline(place):
    """As recorded in test_batch_invoke and test_batch_job_download; each deployment has a pipeline of its own."""
    found = []
    for name in ("first", "first", "second"):
        deploy(place, SCRIPT, name)
        job = invoke(place, name)
        (step,) = place.client.jobs.list(parent_job_name=job.name)
        run = place.client.jobs._runs_operations.get_run(step.name)
        assert run.properties["azureml.pipelineid"] == job.properties["azureml.pipelineid"]
        assert (run.script_name, run.tags["mlflow.source.name"]) == ("driver/amlbi_main.py",) * 2
        found.append(job.properties["azureml.pipelineid"])
    assert (found[0] == found[1], found[0] == found[2]) == (True, False)


def test_an_invocation_may_change_settings(place):
    deploy(place, SCRIPT)
    output = Output(type="uri_file", path="azureml://datastores/workspaceblobstore/paths/mine/today.txt")
    invoke(place, outputs={"score": output}, params_override=[{"mini_batch_size": 1}])
    written = datastore_path(place.workspace, output.path)
    assert len(written.read_text().splitlines()) == 6


def test_a_script_may_write_files_of_its_own(place):
    deploy(place, WRITES, output_action="summary_only")
    job = invoke(place)
    assert job.status == "Completed"
    assert sorted(os.listdir(scores(place, job))) == [f"part{number}.csv.json" for number in range(3)]


def test_the_error_threshold_counts_files(place):
    script = "def init():\n    pass\ndef run(batch):\n    assert 'part2' not in str(batch)\n    return batch"
    retries = BatchRetrySettings(max_retries=0, timeout=30)
    for allowed, status in ((1, "Completed"), (0, "Failed")):
        deploy(place, script, mini_batch_size=1, error_threshold=allowed, retry_settings=retries)
        assert invoke(place).status == status


def test_yaml_of_the_samples_is_deployed(place):
    """The older class, and a file in the form of the published samples."""
    content = {
        "$schema": "https://azuremlschemas.azureedge.net/latest/modelBatchDeployment.schema.json",
        "name": "yaml",
        "endpoint_name": "scores",
        "type": "model",
        "model": "azureml:times@latest",
        "code_configuration": {"code": "code", "scoring_script": "driver.py"},
        "environment": ENVIRONMENT,
        "compute": "azureml:cluster",
        "resources": {"instance_count": 2},
        "settings": {
            "max_concurrency_per_instance": 2,
            "mini_batch_size": 2,
            "output_action": "append_row",
            "output_file_name": "predictions.csv",
            "retry_settings": {"max_retries": 3, "timeout": 300},
            "error_threshold": -1,
            "logging_level": "info",
        },
    }
    deploy(place, SCRIPT, environment_variables={"WORD": "other"})
    loaded = load_model_batch_deployment(place.write("deployment.yml", content))
    loaded.settings.environment_variables = {"WORD": "other"}
    place.client.batch_deployments.begin_create_or_update(loaded).result()
    shown = place.client.batch_deployments.get("yaml", "scores")
    assert shown.retry_settings.timeout == 300
    assert invoke(place, "yaml").status == "Completed"


@pytest.mark.slow
def test_an_mlflow_model_needs_no_script_and_no_environment(place):
    """Its environment is that of its conda.yaml; the file has the columns that the documentation names."""
    code = place.folder / "loader"
    code.mkdir()
    (code / "times_two.py").write_text("def _load_pyfunc(path):\n    return Model()\nclass Model:\n" + PREDICT)
    import mlflow.pyfunc

    folder = place.folder / "mlflow-model"
    mlflow.pyfunc.save_model(
        str(folder),
        loader_module="times_two",
        code_paths=[str(code / "times_two.py")],
        conda_env={"dependencies": ["python=3.11", {"pip": ["mlflow-skinny==3.15.0", "pandas==2.3.3"]}]},
    )
    model = Model(name="flowing", version="1", path=str(folder), type="mlflow_model")
    place.client.models.create_or_update(model)
    deployment = BatchDeployment(
        name="flow", endpoint_name="scores", model="azureml:flowing:1", compute="cluster", mini_batch_size=1
    )
    place.client.batch_deployments.begin_create_or_update(deployment).result()
    job = invoke(place, "flow")
    assert job.status == "Completed"
    table = pandas.read_csv(scores(place, job) / "predictions.csv", names=["row", "prediction", "file"])
    assert list(table["prediction"]) == [0, 20, 2, 22, 4, 24]
    assert list(table["row"]) == [0, 1] * 3
    assert set(table["file"]) == {"part0.csv", "part1.csv", "part2.csv"}


PREDICT = "    def predict(self, table, params=None):\n        return table.x * 2\n"


def test_what_cannot_be_deployed_is_refused(place):
    client, model = place.client, "azureml:times:1"
    common = {"name": "bad", "endpoint_name": "scores", "compute": "cluster"}
    with pytest.raises(HttpResponseError, match="codeConfiguration is required"):
        client.batch_deployments.begin_create_or_update(BatchDeployment(model=model, **common)).result()
    shutil.rmtree(place.folder / "code", ignore_errors=True)
    registry = "azureml://registries/azureml/models/big/versions/1"
    with pytest.raises(HttpResponseError, match="model of a registry"):
        client.batch_deployments.begin_create_or_update(BatchDeployment(model=registry, **common)).result()


def test_an_invocation_without_data_is_refused(place):
    deploy(place, SCRIPT)
    with pytest.raises(HttpResponseError, match="one input of data"):
        place.client.batch_endpoints.invoke("scores", deployment_name="first")
