"""Metrics of several classes, of numbers and of weighted rows agree with scikit-learn, moved weights and drawn rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.predictions import Predictions
from tests.gate.samples import OF_TWO_CLASSES, influences, simulate
from tests.gate.test_influence import by_scikit_learn

STEP = 1e-5
CASES = [(task, name) for task in ("multiclass", "regression") for name in METRICS[task]]
KEPT = [(task, name) for task, name in CASES if METRICS[task][name].no_information]


def classes(rows=97, seed=0, count=3):
    """Draw targets of unlike shares and probabilities that know something of them."""
    generator = np.random.default_rng(seed)
    target = generator.choice(count, rows, p=np.arange(count, 0, -1) / np.arange(count, 0, -1).sum())
    logit = generator.normal(size=(rows, count)) + 1.5 * np.eye(count)[target]
    return target, np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)


def numbers(rows=97, seed=0):
    generator = np.random.default_rng(seed)
    target = np.exp(generator.normal(size=rows))
    return target, target + 0.3 + generator.normal(size=rows) * (0.5 + target / 2)


def draw(task, rows=97, seed=0):
    return classes(rows, seed) if task == "multiclass" else numbers(rows, seed)


def weights(rows, seed=5):
    return np.random.default_rng(seed).uniform(0.5, 3.0, rows)


def reference(name, target, score, weight=None):
    """Return the metric as scikit-learn, or for the bias NumPy, computes it."""
    more = {"sample_weight": weight}
    macro = {"average": "macro", "zero_division": 0}
    called = score.argmax(axis=1) if score.ndim == 2 else None
    if called is not None:
        labels = np.arange(score.shape[1])
        one_hot = np.eye(score.shape[1])[target]
    return float(
        {
            "macro_roc_auc": lambda: np.mean(
                [metrics.roc_auc_score(target == label, score[:, label], **more) for label in labels]
            ),
            "log_loss": lambda: metrics.log_loss(target, score, labels=labels, **more),
            "brier": lambda: np.average(((score - one_hot) ** 2).sum(axis=1), weights=weight),
            "accuracy": lambda: metrics.accuracy_score(target, called, **more),
            "macro_precision": lambda: metrics.precision_score(target, called, labels=labels, **macro, **more),
            "macro_recall": lambda: metrics.recall_score(target, called, labels=labels, **macro, **more),
            "macro_f1": lambda: metrics.f1_score(target, called, labels=labels, **macro, **more),
            "rmse": lambda: metrics.root_mean_squared_error(target, score, **more),
            "mae": lambda: metrics.mean_absolute_error(target, score, **more),
            "median_absolute_error": lambda: metrics.median_absolute_error(target, score, **more),
            "r2": lambda: metrics.r2_score(target, score, **more),
            "mean_bias": lambda: np.average(score - target, weights=weight),
        }[name]()
    )


def found(task, name, target, score, weight=None):
    return influences(target, score, 0.5, [name], weight, task)[name]


@given(st.sampled_from(CASES), st.integers(0, 10_000), st.integers(30, 120))
@settings(deadline=None, max_examples=100)
def test_every_metric_is_that_of_scikit_learn(case, seed, rows):
    task, name = case
    target, score = draw(task, rows, seed)
    assert found(task, name, target, score).value == pytest.approx(reference(name, target, score), rel=1e-9, abs=1e-12)


def test_macro_roc_auc_is_scikit_learns_own_of_one_class_against_the_rest():
    target, score = classes()
    theirs = metrics.roc_auc_score(target, score, multi_class="ovr", average="macro")
    assert found("multiclass", "macro_roc_auc", target, score).value == pytest.approx(theirs)


def test_the_brier_score_of_several_classes_is_scikit_learns_own():
    target, score = classes()
    assert found("multiclass", "brier", target, score).value == pytest.approx(
        metrics.brier_score_loss(target, score, labels=[0, 1, 2])
    )


@pytest.mark.parametrize(("task", "name"), CASES)
def test_weighted_rows_give_what_scikit_learn_gives(task, name):
    target, score = draw(task)
    weight = weights(97)
    ours = found(task, name, target, score, weight).value
    assert ours == pytest.approx(reference(name, target, score, weight), rel=1e-9)


@pytest.mark.parametrize(("task", "name"), [case for case in CASES if case[1] != "median_absolute_error"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_rows_influence_is_what_a_relative_change_of_its_weight_does(task, name, weighted):
    target, score = draw(task)
    weight = weights(97) if weighted else np.ones(97)
    derivative = found(task, name, target, score, weight).derivative
    assert abs(derivative.sum()) < 1e-9
    for row in (0, 13, 50, 96):
        factor = np.ones(97)
        factor[row] += STEP
        up = reference(name, target, score, weight * factor)
        factor[row] -= 2 * STEP
        down = reference(name, target, score, weight * factor)
        assert derivative[row] == pytest.approx((up - down) / (2 * STEP), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", OF_TWO_CLASSES)
def test_of_two_classes_too_a_weighted_row_counts_as_scikit_learn_counts_it(name):
    rows, score = simulate(rows=91)
    score, weight = np.clip(np.round(score, 2), 0.05, 0.95), weights(91)
    ours = influences(rows.target, score, 0.5, [name], weight)[name]
    assert ours.value == pytest.approx(by_scikit_learn(name, rows.target, score, 0.5, weight), abs=1e-7)
    for row in (0, 44, 90):
        factor = np.ones(91)
        factor[row] += STEP
        up = by_scikit_learn(name, rows.target, score, 0.5, weight * factor)
        factor[row] -= 2 * STEP
        down = by_scikit_learn(name, rows.target, score, 0.5, weight * factor)
        assert ours.derivative[row] == pytest.approx((up - down) / (2 * STEP), abs=2e-5)


@pytest.mark.parametrize(("task", "name"), CASES)
def test_the_spread_is_that_of_rows_drawn_again(task, name):
    target, score = draw(task, rows=600)
    generator = np.random.default_rng(8)
    again = []
    for _ in range(400):
        rows = generator.integers(0, 600, 600)
        again.append(reference(name, target[rows], score[rows]))
    derivative = found(task, name, target, score).derivative
    # The bootstrap's own spread is known to 4 %; a median's density, to much less.
    tolerance = 0.35 if name == "median_absolute_error" else 0.12
    assert np.sqrt(derivative @ derivative) == pytest.approx(np.std(again), rel=tolerance)


@pytest.mark.parametrize(("task", "name"), KEPT)
def test_no_information_is_the_best_prediction_that_is_the_same_for_every_row(task, name):
    target, score = draw(task)
    weight = weights(97)
    metric = METRICS[task][name]

    def of_constant(weight):
        if task == "multiclass":
            constant = np.bincount(target, weight) / weight.sum()
            return reference(name, target, np.tile(constant, (97, 1)), weight)
        middle = np.average(target, weights=weight)
        if name == "mae":
            order = np.argsort(target)
            middle = target[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
        return reference(name, target, np.full(97, middle), weight)

    nothing = metric.no_information(Predictions(target, score, weight))
    assert nothing.value == pytest.approx(of_constant(weight), abs=1e-12)
    for row in (0, 50):
        factor = np.ones(97)
        factor[row] += STEP
        moved = (of_constant(weight * factor) - of_constant(weight)) / STEP
        assert nothing.derivative[row] == pytest.approx(moved, abs=1e-4)


def test_a_class_that_no_row_has_leaves_the_area_undefined():
    target, score = classes()
    target[target == 2] = 1
    assert np.isnan(found("multiclass", "macro_roc_auc", target, score).value)


def test_r2_of_a_constant_target_is_undefined():
    assert np.isnan(found("regression", "r2", np.ones(20), np.arange(20.0)).value)
