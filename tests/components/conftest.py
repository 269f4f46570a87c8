"""The component folders as functions, and the real data."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from patients import COLUMNS, THAL, UCI, component_modules


@pytest.fixture(scope="session")
def prepare_modules():
    return component_modules("prepare")


@pytest.fixture(scope="session")
def train_modules():
    return component_modules("train_xgb")


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

    def run(data, name="out", transformations=None, categorical_encoding=None, eval_size=None):
        out = tmp_path / name
        prepare_modules.prepare.prepare(
            data, transformations, categorical_encoding, eval_size, out / "prepared", out / "transformations"
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
