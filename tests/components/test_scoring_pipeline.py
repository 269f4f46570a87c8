"""The pipeline that prepares and scores, run whole through the SDK and the embedded workspace."""

import json
import logging
import time

import pandas as pd
import pytest
import yaml
from patients import ROOT, raw_frame, write_csv

from scripts.lib.workspace.outputs import download_outputs

PIPELINES = ROOT / "pipelines" / "heart-disease"
VARIANTS = sorted(path.parent.name for path in PIPELINES.glob("*/pipeline.yml"))


@pytest.fixture
def client(tmp_path):
    from azure.ai.ml import MLClient, load_environment
    from azure.ai.ml.entities import AmlCompute

    from emulator.client import activate, deactivate

    logging.getLogger("azure").setLevel(logging.ERROR)
    embedded = activate(tmp_path / "state")
    names = embedded.names
    client = MLClient(embedded.credential, names.subscription, names.group, names.workspace, enable_telemetry=False)
    client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    environment = load_environment(ROOT / "components" / "environment.yml", params_override=[{"version": "1"}])
    client.environments.create_or_update(environment)
    yield client
    deactivate()


def _finished(client, folder, content):
    from azure.ai.ml import load_job

    path = folder / "job.yml"
    path.write_text(yaml.safe_dump(content))
    job = client.jobs.create_or_update(load_job(path))
    until = time.monotonic() + 120
    while (job := client.jobs.get(job.name)).status not in ("Completed", "Failed", "Canceled"):
        assert time.monotonic() < until
        time.sleep(0.1)
    return job


def _definition(component, inputs):
    return {
        "type": "pipeline",
        "settings": {"default_compute": "azureml:cluster"},
        "inputs": inputs,
        "outputs": {"predictions": {"type": "uri_folder"}},
        "jobs": {
            "score": {
                "type": "pipeline",
                "component": str(component),
                "inputs": {name: f"${{{{parent.inputs.{name}}}}}" for name in inputs},
                "outputs": {"predictions": "${{parent.outputs.predictions}}"},
            }
        },
    }


def test_all_variants_score_alike():
    first, *others = (yaml.safe_load((PIPELINES / name / "score.yml").read_text()) for name in VARIANTS)
    assert others
    assert all(other == first for other in others)


@pytest.mark.slow
@pytest.mark.parametrize(
    "variant",
    # All score alike, by the test above.
    [name if name == "onehot" else pytest.param(name, marks=pytest.mark.long) for name in VARIANTS],
)
def test_a_variant_scores_and_reports_what_it_refuses(client, prepare, train, tmp_path, variant):
    from azure.ai.ml import load_component

    component = PIPELINES / variant / "score.yml"
    assert load_component(component)._validate().passed
    encoding = yaml.safe_load((PIPELINES / variant / "pipeline.yml").read_text())["jobs"]["prepare_job"]["inputs"]
    encoding = encoding["categorical_encoding"]
    prepared = prepare(write_csv(raw_frame(200), tmp_path / "learning"), categorical_encoding=encoding)
    trained = train(prepared.folder)
    data = write_csv(raw_frame(50, seed=1).drop(columns="target"), tmp_path / "data")
    inputs = {
        "data": {"type": "uri_folder", "path": str(data)},
        "model": {"type": "mlflow_model", "path": str(trained.model)},
        "transformations": {"type": "uri_folder", "path": str(prepared.transformations)},
    }
    job = _finished(client, tmp_path, _definition(component, inputs))
    assert job.status == "Completed"
    written = download_outputs(client, job.name, ["predictions"], tmp_path / "got")["predictions"]
    assert (
        len(pd.read_csv(written / "predictions.csv"))
        == json.loads((written / "scoring.json").read_text())["rows"]
        == 50
    )

    (trained.model / "model.ubj").write_bytes((trained.model / "model.ubj").read_bytes()[:1000])
    assert _finished(client, tmp_path, _definition(component, inputs)).status == "Failed"
    job = _finished(client, tmp_path, _definition(component, {**inputs, "report_refusals": True}))
    assert job.status == "Completed"
    written = download_outputs(client, job.name, ["predictions"], tmp_path / "refused")["predictions"]
    assert json.loads((written / "refusal.json").read_text())["reason"] == "model-not-loadable"


@pytest.mark.slow
def test_rows_are_withheld_where_the_data_lies(client, tmp_path):
    data = write_csv(raw_frame(200), tmp_path / "data")
    settings = {"target_column": "target", "folds": 3, "hold_out": 0.2, "hold_out_above": 10_000}
    job = _finished(
        client,
        tmp_path,
        {
            "type": "pipeline",
            "settings": {"default_compute": "azureml:cluster"},
            "inputs": {"data": {"type": "uri_folder", "path": str(data)}},
            "outputs": {name: {"type": "uri_folder"} for name in ("folds", "labels")},
            "jobs": {
                "withhold": {
                    "type": "command",
                    "component": str(ROOT / "components" / "withhold" / "component.yml"),
                    "inputs": {"data": "${{parent.inputs.data}}", "slice_columns": "age,sex", **settings},
                    "outputs": {name: f"${{{{parent.outputs.{name}}}}}" for name in ("folds", "labels")},
                }
            },
        },
    )
    assert job.status == "Completed"
    labels = download_outputs(client, job.name, ["labels"], tmp_path / "got")["labels"]
    told = json.loads((labels / "folds.json").read_text())
    assert [fold["name"] for fold in told["folds"]] == ["0", "1", "2"]
