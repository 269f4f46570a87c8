"""What the train step says in MLflow's terms, held to MLflow itself."""

import numpy as np
import pandas as pd
import pytest
import yaml
from patients import raw_frame, write_csv

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(prepare, train, tmp_path):
    data = prepare(write_csv(raw_frame(200), tmp_path / "raw"))
    return data, train(data.folder)


def test_mlflow_loads_the_model_and_predicts_with_it(trained, train_modules):
    import mlflow

    data, done = trained
    model = mlflow.pyfunc.load_model(str(done.model))
    names = model.metadata.signature.inputs.input_names()
    frame = pd.DataFrame(data.features.astype(float), columns=names)
    booster = train_modules.boosting.xgboost.Booster(model_file=done.model / "model.ubj")
    assert model.predict(frame) == pytest.approx(booster.inplace_predict(data.features))
    with pytest.raises(mlflow.exceptions.MlflowException, match=names[0]):
        model.predict(frame.drop(columns=names[0]))


def test_the_folder_is_the_one_that_mlflow_would_write(trained, train_modules, tmp_path):
    import mlflow.xgboost
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    _, done = trained
    booster = train_modules.boosting.xgboost.Booster(model_file=done.model / "model.ubj")
    signature = ModelSignature(
        Schema([ColSpec("double", name) for name in booster.feature_names]),
        Schema([TensorSpec(np.dtype("float32"), (-1,))]),
    )
    requirements = (done.model / "requirements.txt").read_text().split()
    mlflow.xgboost.save_model(booster, tmp_path / "theirs", signature=signature, pip_requirements=requirements)
    ours, theirs = (yaml.safe_load((folder / "MLmodel").read_text()) for folder in (done.model, tmp_path / "theirs"))
    for told_apart in ("model_uuid", "utc_time_created"):
        assert ours.pop(told_apart)
        theirs.pop(told_apart)
    assert ours == theirs
    names = {path.name for path in done.model.iterdir()}
    assert names == {path.name for path in (tmp_path / "theirs").iterdir()}
    assert (tmp_path / "theirs" / "model.ubj").read_bytes() == (done.model / "model.ubj").read_bytes()


def test_a_tracked_run_holds_the_metrics_and_the_registered_model(prepare, train, tmp_path, monkeypatch, train_modules):
    import json

    import mlflow

    uri = (tmp_path / "runs").as_uri()
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    data = prepare(write_csv(raw_frame(200), tmp_path / "raw"))
    done = train(data.folder, register_model_name="heart")
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs(["0"])
    assert run.data.metrics == json.loads((done.evaluation / "metrics.json").read_text())["metrics"]
    assert run.data.params["rounds"] == "100"
    (version,) = client.search_model_versions("name='heart'")
    assert version.run_id == run.info.run_id
    model = mlflow.pyfunc.load_model("models:/heart/1")
    names = model.metadata.signature.inputs.input_names()
    assert len(model.predict(pd.DataFrame(data.features.astype(float), columns=names))) == 200
