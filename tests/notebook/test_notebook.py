"""The notebook runner: a notebook with the article's SDK calls, and the ways in which it says no."""

import json
import os
from pathlib import Path

import pytest

from tests.notebook.__main__ import NOTEBOOK, VARIABLE, ended_well, tell
from tests.notebook.execute import execute, without_installs
from tests.notebook.runner import Endpoint, run_notebook
from tests.notebook.substitutes import substitute

COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: copy_folder
type: command
inputs: {data: {type: uri_folder}}
outputs: {copied: {type: uri_folder}}
code: src
environment: azureml:plain@latest
command: python copy_folder.py ${{inputs.data}} ${{outputs.copied}}
"""

CELLS = [
    """
from azure.ai.ml import Input, MLClient, load_component
from azure.ai.ml.dsl import pipeline
from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Data, Environment, PipelineComponentBatchDeployment
from azure.identity import DefaultAzureCredential
""",
    """
subscription_id = "<SUBSCRIPTION_ID>"
resource_group = "<RESOURCE_GROUP>"
workspace = "<AML_WORKSPACE_NAME>"
ml_client = MLClient(DefaultAzureCredential(), subscription_id, resource_group, workspace)
""",
    """
ml_client = MLClient.from_config(DefaultAzureCredential())
ml_client.environments.create_or_update(Environment(name="plain", image="python:3.11"))
ml_client.begin_create_or_update(AmlCompute(name="batch-cluster", min_instances=0, max_instances=2)).result()
ml_client.data.create_or_update(Data(path="data", type="uri_folder", name="rows"))
rows = ml_client.data.get(name="rows", label="latest")
copy_folder = load_component(source="component.yml")
""",
    """
def deploy(name):
    @pipeline(name=name)
    def copied_rows(input_data: Input(type="uri_folder")):
        return {"copied": copy_folder(data=input_data).outputs.copied}

    deployment = PipelineComponentBatchDeployment(
        name=name, endpoint_name="copies", component=ml_client.components.create_or_update(copied_rows().component),
        settings={"continue_on_step_failure": False, "default_compute": "batch-cluster"},
    )
    ml_client.batch_deployments.begin_create_or_update(deployment).result()
    endpoint = ml_client.batch_endpoints.get("copies")
    endpoint.defaults.deployment_name = name
    ml_client.batch_endpoints.begin_create_or_update(endpoint).result()

ml_client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="copies")).result()
deploy("first")
deploy("second")
""",
    """
job = ml_client.batch_endpoints.invoke(
    endpoint_name="copies", inputs={"input_data": Input(type="uri_folder", path=rows.id)}
)
ml_client.jobs.stream(name=job.name)
job
""",
    'ml_client.batch_deployments.begin_delete(name="first", endpoint_name="copies").result()',
    'ml_client.batch_endpoints.begin_delete("copies").result()',
]


def write_notebook(folder: Path, cells: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "notebook.ipynb"
    written = [{"cell_type": "code", "source": text.splitlines(keepends=True)} for text in cells]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["# Title"]}, *written]}))
    return path


@pytest.mark.slow
def test_a_notebook_with_the_calls_of_the_article_runs_to_its_end(tmp_path):
    notebook = write_notebook(tmp_path / "sample", CELLS)
    (notebook.parent / "component.yml").write_text(COMPONENT)
    (notebook.parent / "src").mkdir()
    script = "import shutil, sys\nshutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)\n"
    (notebook.parent / "src" / "copy_folder.py").write_text(script)
    (notebook.parent / "data").mkdir()
    (notebook.parent / "data" / "rows.csv").write_text("a\n1\n")

    run = run_notebook(notebook, tmp_path / "run", seconds=120)

    assert run.failed is None, run.output
    assert [cell["cell"] for cell in run.cells] == [1, 2, 3, 4, 5, 6, 7]
    assert list(run.jobs.values()) == ["Completed"]
    assert ended_well(run.endpoints["copies"])


@pytest.mark.slow
def test_a_cell_that_raises_ends_the_run_and_is_told(tmp_path, capsys):
    run = run_notebook(write_notebook(tmp_path / "sample", ["x = 1", "x / 0", "y = 2"]), tmp_path / "run", seconds=60)
    assert [cell["cell"] for cell in run.cells] == [1, 2]
    assert "ZeroDivisionError" in run.failed["error"]
    assert tell(run) == 1
    assert "cell 2: failed" in capsys.readouterr().out


def test_cells_share_one_namespace_and_placeholders_are_replaced(tmp_path, capsys):
    notebook = write_notebook(tmp_path, ['name = "<NAME>"', "name.upper()"])
    assert execute(notebook, {"<NAME>": "mine"}, tmp_path / "report.jsonl") == 0
    assert capsys.readouterr().out == "'MINE'\n"


def test_installs_are_taken_out_and_other_magic_is_refused_by_name():
    assert without_installs("%pip install one two==2\nx = 1") == ("x = 1", ["one", "two==2"])
    with pytest.raises(SyntaxError, match="!az login"):
        without_installs("x = 1\n!az login")


@pytest.mark.parametrize(
    "changed",
    [
        {"defaults": ["old"]},
        {"defaults": ["old", "new", "old"]},
        {"deleted": []},
        {"deleted": ["new"]},
        {"removed": False},
        {"created": ["old"]},
    ],
)
def test_an_ending_other_than_the_articles_is_told_apart(changed):
    good = {"created": ["old", "new"], "defaults": ["old", "new"], "deleted": ["old"], "removed": True}
    assert ended_well(Endpoint("endpoint", **good))
    assert not ended_well(Endpoint("endpoint", **{**good, **changed}))


@pytest.mark.slow
@pytest.mark.skipif(VARIABLE not in os.environ, reason=f"{VARIABLE} names no checkout of azureml-examples")
def test_the_articles_notebook_runs_to_its_end(tmp_path):
    run = run_notebook(Path(os.environ[VARIABLE]) / NOTEBOOK, tmp_path / "run", 300, substitute)
    assert tell(run) == 0
