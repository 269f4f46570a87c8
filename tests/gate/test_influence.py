"""Metrics and the influence of each row agree with scikit-learn, brute force and weights moved by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from scripts.lib.gate.predictions import Predictions
from tests.gate.samples import OF_TWO_CLASSES, influences, simulate

CLEVELAND = Path(__file__).resolve().parents[2] / ".." / "shared/data/uci-heart-disease/processed.cleveland.data"
STEP = 1e-5
UNCALIBRATED = [name for name, each in OF_TWO_CLASSES.items() if each.can_compare]


@st.composite
def judged_rows(draw):
    """Targets of both classes and scores, with ties, zeros and ones."""
    negatives, positives = draw(st.integers(2, 25)), draw(st.integers(2, 25))
    target = np.array(draw(st.permutations([0] * negatives + [1] * positives)), dtype=np.int64)
    value = st.integers(0, 10).map(lambda tenth: tenth / 10) | st.floats(0, 1)
    return target, np.array(draw(st.lists(value, min_size=len(target), max_size=len(target))))


def by_scikit_learn(name, target, score, threshold, weight=None):
    functions = {
        "roc_auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "log_loss": metrics.log_loss,
        "brier": metrics.brier_score_loss,
        "accuracy": metrics.accuracy_score,
        "precision": lambda *given, **more: metrics.precision_score(*given, zero_division=0, **more),
        "recall": metrics.recall_score,
        "f1": lambda *given, **more: metrics.f1_score(*given, zero_division=0, **more),
        "calibration_slope": by_logistic_regression,
        "calibration_intercept": by_intercept,
    }
    given_scores = score >= threshold if OF_TWO_CLASSES[name].bounds == "count" else score
    return float(functions[name](target, given_scores, sample_weight=weight))


def by_logistic_regression(target, score, sample_weight=None):
    model = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
    return model.fit(np.log(score / (1 - score))[:, None], target, sample_weight=sample_weight).coef_[0, 0]


def by_intercept(target, score, sample_weight=None):
    from scipy.optimize import brentq

    logit = np.log(score / (1 - score))
    return brentq(
        lambda shift: np.average(target - 1 / (1 + np.exp(-logit - shift)), weights=sample_weight), -9, 9, xtol=1e-13
    )


@given(judged_rows(), st.sampled_from([0.1, 0.5, 0.9]))
@settings(deadline=None, max_examples=60)
def test_every_metric_is_that_of_scikit_learn(rows, threshold):
    target, score = rows
    ours = influences(target, score, threshold, UNCALIBRATED)
    for name in UNCALIBRATED:
        theirs = by_scikit_learn(name, target, score, threshold)
        assert ours[name].value == pytest.approx(theirs, abs=1e-12, rel=1e-9), name


@given(judged_rows())
@settings(deadline=None, max_examples=30)
def test_what_each_row_contributes_adds_up_to_nothing(rows):
    target, score = rows
    for name, found in influences(target, score, 0.5, UNCALIBRATED).items():
        assert abs(found.derivative.sum()) < 1e-9, name


@pytest.mark.parametrize("decimals", [1, 8])
@pytest.mark.parametrize("name", OF_TWO_CLASSES)
def test_a_rows_influence_is_what_moving_its_weight_does(name, decimals):
    rows, score = simulate(rows=91)
    score = np.clip(np.round(score, decimals), 0.05, 0.95)
    found = influences(rows.target, score, 0.5, [name])[name]
    for row in (0, 1, 44, 90):
        up, down = np.ones(91), np.ones(91)
        up[row] += STEP
        down[row] -= STEP
        moved = by_scikit_learn(name, rows.target, score, 0.5, up) - by_scikit_learn(
            name, rows.target, score, 0.5, down
        )
        assert found.derivative[row] == pytest.approx(moved / (2 * STEP), abs=1e-5)


@given(judged_rows())
@settings(deadline=None, max_examples=60)
def test_the_influence_on_the_roc_area_gives_delongs_variance(rows):
    target, score = rows
    positive, negative = score[target == 1], score[target == 0]
    above = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    variance = sum(np.var(above.mean(axis=axis)) / above.shape[1 - axis] for axis in (0, 1))
    derivative = influences(target, score, 0.5, ["roc_auc"])["roc_auc"].derivative
    assert derivative @ derivative == pytest.approx(variance, abs=1e-12)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "brier", "log_loss"])
def test_no_information_is_a_score_that_says_the_same_of_every_row(name):
    rows, _ = simulate(rows=91)
    constant = np.full(91, rows.target.mean())
    theirs = by_scikit_learn(name, rows.target, constant, 0.5)
    found = OF_TWO_CLASSES[name].no_information(Predictions(rows.target, constant, np.ones(91)))
    assert found.value == pytest.approx(theirs)
    weight = np.ones(91)
    weight[0] += STEP
    moved = np.full(91, np.average(rows.target, weights=weight))
    change = (by_scikit_learn(name, rows.target, moved, 0.5, weight) - theirs) / STEP
    assert found.derivative[0] == pytest.approx(change, abs=1e-4)


@pytest.mark.skipif(not CLEVELAND.is_file(), reason="needs ../shared/data")
def test_the_spread_is_that_of_rows_drawn_again_on_the_real_data():
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = np.genfromtxt(CLEVELAND, delimiter=",", missing_values="?")
    features, target = table[:, :-1], (table[:, -1] > 0).astype(np.int64)
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    score = cross_val_predict(model, features, target, cv=5, method="predict_proba")[:, 1]
    found = influences(target, score, 0.5, UNCALIBRATED)
    generator = np.random.default_rng(8)
    drawn = [generator.integers(0, len(target), len(target)) for _ in range(1000)]
    for name in UNCALIBRATED:
        again = [by_scikit_learn(name, target[rows], score[rows], 0.5) for rows in drawn]
        spread = np.sqrt(found[name].derivative @ found[name].derivative)
        assert spread == pytest.approx(np.std(again), rel=0.12), name
