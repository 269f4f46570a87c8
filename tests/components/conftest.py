"""The component folders as functions, and the real data."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from patients import COLUMNS, DESCRIPTION, THAL, UCI, component_modules, raw_frame, write_csv


@pytest.fixture(scope="session")
def prepare_modules():
    return component_modules("prepare")


@pytest.fixture(scope="session")
def train_modules():
    return component_modules("train_xgb")


@pytest.fixture(scope="session")
def withhold_modules():
    return component_modules("withhold")


@pytest.fixture(scope="session")
def cleveland():
    """Return the real Cleveland data in the line's own columns and words."""
    path = UCI / "processed.cleveland.data"
    if not path.is_file():
        pytest.skip("the UCI data is not beside this repository")
    frame = pd.read_csv(path, header=None, names=COLUMNS, na_values="?")
    return frame.assign(thal=frame.thal.map(THAL), target=(frame.target > 0).astype(int))


@pytest.fixture
def prepare(prepare_modules, tmp_path):
    """Return a function that runs the prepare step on a folder and returns what it wrote."""

    def run(data, name="out", transformations=None, categorical_encoding=None, eval_size=None, description=DESCRIPTION):
        out = tmp_path / name
        prepare_modules.prepare.prepare(
            data,
            description,
            transformations,
            categorical_encoding,
            eval_size,
            out / "prepared",
            out / "transformations",
        )
        return SimpleNamespace(
            folder=out / "prepared",
            transformations=out / "transformations",
            rows=np.load(out / "prepared" / "rows.npy"),
            features=np.load(out / "prepared" / "features.npy"),
        )

    return run


@pytest.fixture
def train(train_modules, tmp_path):
    """Return a function that runs the train step on prepared data and returns where it wrote."""

    def run(data, name="out", target_column="target", eval_size=0.3, register_model_name=None):
        out = tmp_path / name
        model, evaluation = out / "model", out / "evaluation"
        train_modules.train.train(data, target_column, eval_size, register_model_name, model, evaluation)
        return SimpleNamespace(model=model, evaluation=evaluation)

    return run


@pytest.fixture
def withhold(withhold_modules, tmp_path):
    """Return a function that withholds rows of a folder and returns what it wrote."""

    def run(data, name="withheld", folds=5, hold_out=0.2, hold_out_above=10_000, **columns):
        out = tmp_path / name
        told = withhold_modules.table.Columns(
            **{"target": "target", "group": None, "slices": (), "salt": "", **columns}
        )
        withhold_modules.withhold.withhold(data, told, folds, hold_out, hold_out_above, out / "folds", out / "labels")
        return SimpleNamespace(
            folds=out / "folds",
            told=json.loads((out / "labels" / "folds.json").read_text()),
            labels=pd.read_csv(out / "labels" / "labels.csv", dtype=str, keep_default_na=False),
        )

    run.refused = withhold_modules.refusal.Refused
    return run


@pytest.fixture(scope="session")
def delivered(tmp_path_factory):
    """Return a trained model and rows prepared for it, to be copied by each test."""
    prepare, train = component_modules("prepare").prepare, component_modules("train_xgb").train
    out = tmp_path_factory.mktemp("delivered")
    learning = write_csv(raw_frame(300), out / "learning")
    prepare.prepare(learning, DESCRIPTION, None, "onehot", 0.3, out / "prepared", out / "transformations")
    train.train(out / "prepared", "target", 0.3, None, out / "model", out / "evaluation")
    data = write_csv(raw_frame(80, seed=1).drop(columns="target").assign(patient=range(80)), out / "data")
    prepare.prepare(data, DESCRIPTION, out / "transformations", None, None, out / "features", out / "unused")
    return out


@pytest.fixture
def case(delivered, tmp_path):
    """Return a copy of the delivered model, of rows and of what was prepared of them."""
    names = ("model", "data", "features", "transformations")
    for name in names:
        shutil.copytree(delivered / name, tmp_path / name)
    return SimpleNamespace(out=tmp_path, **{name: tmp_path / name for name in names})
