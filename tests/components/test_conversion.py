"""Trees of scikit-learn in XGBoost's format: they predict and gain what scikit-learn's do."""

import json

import numpy as np
import pytest
from patients import component_modules
from test_tasks import TASKS


def fitted(task):
    """Return features, a fitted model of scikit-learn, and the booster with the same trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    conversion = component_modules("train_hgb").conversion
    generator = np.random.default_rng(3)
    features = generator.normal(size=(1500, 4)).astype(np.float32)
    features[:, 2] = features[:, 2].round(1)
    signal = features[:, 0] + features[:, 1] ** 2 + features[:, 2]
    features[generator.random(features.shape) < 0.1] = np.nan
    target = {"binary": signal > 1, "multiclass": np.digitize(signal, [0, 1, 2]), "regression": 7 + signal}[task]
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    model = kind(early_stopping=False, random_state=0, max_iter=40).fit(features[:1000], target[:1000])
    booster = conversion.booster(model, task, list("abcd"), 4 if task == "multiclass" else 2)
    return features, target, model, booster


@pytest.mark.parametrize("task", TASKS)
def test_converted_trees_predict_what_scikit_learn_predicts(task):
    features, _, model, booster = fitted(task)
    expected = model.predict(features) if task == "regression" else model.predict_proba(features)
    expected = expected[:, 1] if task == "binary" else expected
    assert booster.inplace_predict(features) == pytest.approx(expected, abs=1e-5)
    assert booster.num_boosted_rounds() == 40
    assert booster.feature_names == list("abcd")


@pytest.mark.parametrize("task", TASKS)
def test_converted_trees_gain_what_scikit_learn_gained(task, tmp_path):
    """The report's importance: the gains of scikit-learn's own nodes; its permutations agree on noise."""
    from sklearn.inspection import permutation_importance

    features, target, model, booster = fitted(task)
    importance = component_modules("score").importance
    importance.write(tmp_path, booster)
    gains = json.loads((tmp_path / "importance.json").read_text())["total_gain"]
    nodes = np.concatenate([tree.nodes for trees in model._predictors for tree in trees])
    nodes = nodes[~nodes["is_leaf"].astype(bool)]
    grown = np.bincount(nodes["feature_idx"], weights=nodes["gain"], minlength=4)
    assert [gains[name] for name in "abcd"] == pytest.approx(grown.tolist(), rel=1e-5)
    permuted = permutation_importance(model, features, target, n_repeats=3, random_state=0).importances_mean
    assert min(gains, key=gains.get) == "abcd"[int(permuted.argmin())] == "d", "d is noise"
