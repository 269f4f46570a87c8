"""The shipped sample is what its script makes, says that it is synthetic, and can be learned from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.generate_sample import main
from scripts.lib.data.source import SAMPLE_FOLDER

SHIPPED = SAMPLE_FOLDER / "heart_synthetic.csv"


def generate(output, *options):
    outcome = CliRunner().invoke(main, ["--output", str(output), *options])
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def test_the_shipped_sample_is_what_the_script_makes(tmp_path):
    made = generate(tmp_path / "deep" / "sample.csv")
    assert made["rows"] == 300
    assert Path(made["file"]).read_bytes() == SHIPPED.read_bytes()


def test_another_interpreter_makes_the_same_bytes(tmp_path):
    output = tmp_path / "sample.csv"
    command = [sys.executable, "-m", "scripts.generate_sample", "--output", str(output)]
    root = Path(__file__).resolve().parents[2]
    subprocess.run(command, check=True, cwd=root, capture_output=True, env={"PYTHONHASHSEED": "7"})
    assert output.read_bytes() == SHIPPED.read_bytes()


def test_another_seed_makes_other_rows(tmp_path):
    made = generate(tmp_path / "other.csv", "--seed", "5")
    assert Path(made["file"]).read_bytes() != SHIPPED.read_bytes()


def test_rows_can_be_chosen(tmp_path):
    made = generate(tmp_path / "few.csv", "--rows", "7")
    assert len(Path(made["file"]).read_text().splitlines()) == 8


@pytest.mark.parametrize("rows", ["0", "-1", "many"])
def test_impossible_numbers_of_rows_are_refused(tmp_path, rows):
    outcome = CliRunner().invoke(main, ["--rows", rows, "--output", str(tmp_path / "none.csv")])
    assert outcome.exit_code == 2
    assert not (tmp_path / "none.csv").exists()


def test_the_sample_is_named_synthetic():
    assert [file.name for file in SAMPLE_FOLDER.iterdir()] == ["heart_synthetic.csv"]
    assert "synthetic" in (SAMPLE_FOLDER.parent / "README.md").read_text()


@pytest.mark.slow
def test_the_sample_can_be_learned_about_as_well_as_the_real_data():
    import pandas as pd
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from xgboost import XGBClassifier

    rows = pd.read_csv(SHIPPED)
    features = pd.get_dummies(rows.drop(columns="target"), columns=["thal", "cp", "slope"], dtype=float).to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = XGBClassifier(n_estimators=100, max_depth=3, learning_rate=0.1, n_jobs=1)
    scores = cross_val_predict(model, features, rows["target"], cv=folds, method="predict_proba")[:, 1]
    assert 0.87 < roc_auc_score(rows["target"], scores) < 0.93
    assert rows.isna().any(axis=None)
