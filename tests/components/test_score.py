"""The score step: XGBoost's own predictions, with the digests of what they were made of."""

import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest
from model_damage import description_changed, features_changed
from patients import component_modules, raw_frame, write_csv
from scoring_case import booster, refusal_reason, score


def test_scores_are_those_of_xgboost_and_digests_those_of_the_files(case):
    import xgboost

    done = score(case)
    assert done.returncode == 0, done.stderr[-2000:]
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv", dtype={"score": np.float32})
    features, names = np.load(case.features / "features.npy"), booster(case).feature_names
    expected = booster(case).predict(xgboost.DMatrix(features, feature_names=names))
    assert predictions["row"].tolist() == list(range(80))
    assert predictions["score"].to_numpy() == pytest.approx(expected, abs=1e-6)
    told = json.loads((case.out / "predictions" / "scoring.json").read_text())
    gains = json.loads((case.out / "predictions" / "importance.json").read_text())["total_gain"]
    assert gains == booster(case).get_score(importance_type="total_gain")
    digests = {
        "model_digest": (case.model / "model.ubj").read_bytes(),
        "predictions_digest": (case.out / "predictions" / "predictions.csv").read_bytes(),
        "transformations_digest": b"".join(
            f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes()
            for path in case.transformations.iterdir()
        ),
        "features_digest": json.dumps(names).encode() + b"\n" + features.tobytes(),
    }
    for name, content in digests.items():
        assert told[name] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert (told["rows"], told["features"], told["xgboost_version"]) == (80, names, xgboost.__version__)
    assert "import time:" in done.stderr
    assert not re.findall(r"\|\s+(pandas|mlflow|sklearn|azure)\.", done.stderr)


def test_a_column_of_the_raw_rows_is_carried_along(case):
    frame = raw_frame(80, seed=1).assign(patient=[f'Mr "{row}", of {row % 7}\nor so' for row in range(80)])
    write_csv(frame, case.data)
    assert score(case, row_id_column="patient").returncode == 0
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv")
    assert list(predictions) == ["row", "patient", "score"]
    assert predictions["patient"].tolist() == frame["patient"].tolist()
    assert refusal_reason(score(case, row_id_column="nobody")) == "no-data"


@pytest.mark.parametrize("objective", ["multi:softprob", "reg:squarederror"])
@pytest.mark.parametrize("kind", ["gbtree", "dart", "gblinear"])
def test_any_task_and_booster_is_scored(case, objective, kind):
    import xgboost

    features = np.load(case.features / "features.npy")
    names = booster(case).feature_names
    matrix = xgboost.DMatrix(features, np.arange(80) % 3, feature_names=names)
    classes = {"num_class": 3} if objective.startswith("multi") else {}
    task = {"task": "multiclass", "classes": ["a", "b, c", "d"]} if classes else {"task": "regression", "classes": []}
    described = case.features / "prepared.json"
    described.write_text(json.dumps(json.loads(described.read_text()) | task))
    fitted = xgboost.train({"objective": objective, "booster": kind, "nthread": 1, **classes}, matrix, 5)
    fitted.save_model(case.model / "model.ubj")
    done = score(case)
    assert done.returncode == 0, done.stderr[-2000:]
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv")
    expected = fitted.predict(matrix).reshape(80, -1)
    assert list(predictions)[1:] == (["score_a", "score_b, c", "score_d"] if classes else ["prediction"])
    assert predictions.to_numpy()[:, 1:] == pytest.approx(expected, abs=1e-6)


def test_equal_rows_may_have_equal_scores(case):
    frame = pd.concat([raw_frame(1).drop(columns="target")] * 5)
    write_csv(frame, case.data)
    features_changed(lambda it: np.repeat(it[:1], 5, axis=0))(case)
    description_changed(rows=5)(case)
    assert score(case).returncode == 0


def test_scores_are_written_in_the_fewest_digits_that_read_back(case):
    score = component_modules("score")
    values = np.array([[0.1], [1 / 3], [1e-12], [1.0], [0.9999999]], np.float32)
    texts = [line[1] for line in score.predictions._lines(values, None)]
    assert texts == ["0.1", "0.33333334", "1e-12", "1.0", "0.9999999"]
    assert np.array(list(map(np.float32, texts)), np.float32).tolist() == values[:, 0].tolist()
