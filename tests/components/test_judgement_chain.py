"""Withhold, train, prepare and score by hand, and the same judgement once more with XGBoost and scikit-learn alone."""

import json

import numpy as np
import pandas as pd
import pytest
from patients import ROOT, write_csv
from sklearn.metrics import roc_auc_score

NUMERIC = ["age", "sex", "trestbps", "chol", "fbs", "thalach", "exang", "oldpeak", "ca"]
CATEGORICAL = ["cp", "restecg", "slope", "thal"]


@pytest.fixture(scope="session")
def score_modules():
    from patients import component_modules

    return component_modules("score")


@pytest.fixture
def scored(score_modules, tmp_path):
    """Return a function that scores rows as the step does, beside this process."""

    def run(data, prepared, model, name):
        modules, out = score_modules, tmp_path / name
        out.mkdir()
        found, features = modules.model.find(model), modules.inputs.features(prepared)
        booster = modules.model.load(found)
        modules.model.check_features(booster, found, features.names)
        assert modules.inputs.row_ids(data, None) == len(features.values)
        made_by = {"model_digest": found.digest}
        modules.predictions.write(out, modules.predictions.predict(booster, features), None, made_by, features)
        return pd.read_csv(out / "predictions.csv")["score"].to_numpy(), json.loads((out / "scoring.json").read_text())

    return run


def _encoded(learning, rows, encoding):
    """Encode ``rows`` with pandas, by the categories of ``learning``: an independent statement of the prepare step."""
    columns = {name: pd.to_numeric(rows[name], errors="coerce") for name in NUMERIC}
    for name in CATEGORICAL:
        known = learning[name].dropna().unique().tolist()
        known = sorted(known) if name == "thal" else sorted(known, key=float)
        if encoding == "ordinal":
            codes = rows[name].map({value: place + 1 for place, value in enumerate(known)})
            columns[name] = codes.where(codes.notna() | rows[name].isna(), 0)
        else:
            for value in known:
                columns[f"{name}_{value}"] = (rows[name] == value).astype(float).where(rows[name].notna())
    return pd.DataFrame(columns).to_numpy(np.float32)


def _by_hand(learning, rows, encoding):
    """Return scores of a model fitted by XGBoost alone, with the settings that training publishes."""
    import xgboost

    target = learning["target"].astype(int).to_numpy()
    settings = {"objective": "binary:logistic", "tree_method": "hist", "base_score": 0.5, "seed": 20231116}
    settings |= {"eta": 0.05, "max_depth": 3, "min_child_weight": 3, "lambda": 3, "colsample_bynode": 0.3}
    settings |= {"nthread": 1, "scale_pos_weight": (target == 0).sum() / target.sum()}
    fitted = xgboost.train(settings, xgboost.DMatrix(_encoded(learning, learning, encoding), target), 100)
    return fitted.predict(xgboost.DMatrix(_encoded(learning, rows, encoding)))


@pytest.fixture(params=["cleveland", "sample"])
def frame(request):
    if request.param == "cleveland":
        return request.getfixturevalue("cleveland")
    return pd.read_csv(ROOT / "data" / "heart-disease" / "synthetic.csv", na_values="?")


@pytest.mark.parametrize("encoding", ["ordinal", "onehot"])
def test_the_pooled_judgement_is_that_of_an_independent_one(
    frame, withhold, prepare, train, train_modules, scored, tmp_path, encoding
):
    import xgboost

    data = write_csv(frame.sample(frac=1, random_state=3), tmp_path / "data")
    done = withhold(data, slices=("age", "sex"))
    target = done.labels["target"].astype(int).to_numpy()
    fold = done.labels["fold"].astype(int).to_numpy()
    pooled, by_hand, models = np.empty(len(fold)), np.empty(len(fold)), set()
    for told in done.told["folds"]:
        place, name = done.folds / told["name"], told["name"]
        learned = prepare(place / "rest", f"{name}-rest", categorical_encoding=encoding)
        trained = train(learned.folder, f"{name}-trained")
        withheld = prepare(place / "withheld", f"{name}-withheld", transformations=learned.transformations)
        scores, scoring = scored(place / "withheld", withheld.folder, trained.model, f"{name}-scores")
        pooled[fold == int(name)] = scores
        models.add(scoring["model_digest"])

        rest, rows = (pd.read_csv(place / side / "rows.csv", na_values="?") for side in ("rest", "withheld"))
        assert withheld.features == pytest.approx(_encoded(rest, rows, encoding), nan_ok=True)
        booster = xgboost.Booster(model_file=trained.model / "model.ubj")
        expected = booster.predict(xgboost.DMatrix(_encoded(rest, rows, encoding), feature_names=booster.feature_names))
        assert scores == pytest.approx(expected, abs=1e-6)
        by_hand[fold == int(name)] = _by_hand(rest, rows, encoding)
    assert len(models) == 5
    ours, theirs = roc_auc_score(target, pooled), roc_auc_score(target, by_hand)
    assert train_modules.judging.metrics("binary", target, pooled, None)["roc_auc"] == pytest.approx(ours, abs=1e-12)
    # Rows in another order and other bins of the histogram: the models are alike, not the same.
    assert ours == pytest.approx(theirs, abs=0.015)
    assert (0.87 if len(frame) == 303 else 0.7) < ours < 0.97
    assert np.mean(pooled) == pytest.approx(np.mean(target), abs=0.03)


def test_all_rows_are_scored_by_the_refitted_model(cleveland, withhold, prepare, train, scored, tmp_path):
    data = write_csv(cleveland, tmp_path / "data")
    done = withhold(data)
    learned = prepare(data, "all", categorical_encoding="onehot")
    trained = train(learned.folder, "all")
    everything = prepare(done.folds / "all", "everything", transformations=learned.transformations)
    scores, scoring = scored(done.folds / "all", everything.folder, trained.model, "scores")
    target = done.labels["target"].astype(int).to_numpy()
    assert scoring["rows"] == len(scores) == 303
    # Rows that the model has seen are predicted better than rows that it has not; in another order they are not.
    assert roc_auc_score(target, scores) > 0.94
    assert np.sort(everything.features, axis=0) == pytest.approx(np.sort(learned.features, axis=0), nan_ok=True)
