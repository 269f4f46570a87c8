"""The gate's statistics agree with scikit-learn, scipy and brute force, on generated and on real data."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from scripts.lib.gate.bootstrap import MAX_UNITS, bootstrap_metrics
from scripts.lib.gate.delong import paired_auc
from scripts.lib.gate.metrics import TITLES, point_metrics
from tests.gate.samples import simulate

CLEVELAND = Path(__file__).resolve().parents[2] / ".." / "shared/data/uci-heart-disease/processed.cleveland.data"


@st.composite
def judged_rows(draw, models=2):
    """Targets of both classes and the scores of some models, with ties, zeros and ones."""
    negatives, positives = draw(st.integers(2, 25)), draw(st.integers(2, 25))
    target = np.array(draw(st.permutations([0] * negatives + [1] * positives)), dtype=np.int64)
    value = st.integers(0, 10).map(lambda tenth: tenth / 10) | st.floats(0, 1)
    scores = [np.array(draw(st.lists(value, min_size=len(target), max_size=len(target)))) for _ in range(models)]
    return target, scores


def by_explicit_resampling(target, score, threshold, resamples, seed):
    """Draw the same rows as the bootstrap does, and compute each metric on them with scikit-learn."""
    generator = np.random.default_rng(seed)
    drawn = []
    for label in (0, 1):
        rows = np.flatnonzero(target == label)
        drawn.append(rows[generator.integers(0, len(rows), size=(resamples, len(rows)))])
    values = [point_metrics(target[rows], score[rows], threshold) for rows in np.hstack(drawn)]
    return {name: np.array([value[name] for value in values]) for name in TITLES}


def check_against_resampling(target, scores, threshold, resamples):
    ours = bootstrap_metrics(target, scores, threshold=threshold, resamples=resamples, seed=3)
    for model, score in enumerate(scores):
        theirs = by_explicit_resampling(target, score, threshold, resamples, seed=3)
        for name in TITLES:
            np.testing.assert_allclose(ours[name][model], theirs[name], atol=1e-12, rtol=1e-9, err_msg=name)


@given(judged_rows(), st.sampled_from([0.1, 0.5, 0.9]))
@settings(deadline=None, max_examples=12)
def test_the_bootstrap_is_that_of_rows_drawn_with_replacement(rows, threshold):
    check_against_resampling(*rows, threshold, resamples=3)


@given(judged_rows(models=1), st.floats(0.05, 0.95))
@settings(deadline=None, max_examples=40)
def test_point_metrics_are_those_of_their_definitions(rows, threshold):
    target, (score,) = rows
    values = point_metrics(target, score, threshold)
    positive, negative = score[target == 1], score[target == 0]
    above = (positive[:, None] > negative) + (positive[:, None] == negative) / 2
    assert values["roc_auc"] == pytest.approx(above.mean())
    assert values["brier"] == pytest.approx(np.mean((score - target) ** 2))
    hits, called = int(((score >= threshold) & (target == 1)).sum()), int((score >= threshold).sum())
    assert values["recall"] == pytest.approx(hits / len(positive))
    assert values["precision"] == pytest.approx(hits / called if called else 0)
    assert values["f1"] == pytest.approx(2 * hits / (called + len(positive)))
    assert values["accuracy"] == pytest.approx(((score >= threshold) == target).mean())
    assert values["log_loss"] == pytest.approx(metrics.log_loss(target, np.c_[1 - score, score]))


@given(judged_rows())
@settings(deadline=None, max_examples=60)
def test_delong_is_that_of_its_definition(rows):
    target, scores = rows
    psi = [
        (score[target == 1][:, None] > score[target == 0]) + (score[target == 1][:, None] == score[target == 0]) / 2
        for score in scores
    ]
    difference = psi[0] - psi[1]
    variance = sum(np.var(difference.mean(axis=axis), ddof=1) / difference.shape[1 - axis] for axis in (0, 1))
    result = paired_auc(target, *scores)
    assert result.difference == pytest.approx(difference.mean(), abs=1e-12)
    assert result.difference == pytest.approx(
        metrics.roc_auc_score(target, scores[0]) - metrics.roc_auc_score(target, scores[1]), abs=1e-12
    )
    assert result.standard_error == pytest.approx(np.sqrt(variance), abs=1e-12)


def test_identical_models_differ_by_nothing():
    target, score, *_ = simulate()
    values = bootstrap_metrics(target, [score, score.copy()], threshold=0.5, resamples=1000, seed=0)
    assert all((values[name][0] == values[name][1]).all() for name in TITLES)
    assert paired_auc(target, score, score) == paired_auc(target, score, score.copy())
    assert paired_auc(target, score, score).interval(0.95) == (0, 0)


def test_the_bootstrap_depends_on_its_seed_alone():
    target, score, *_ = simulate(rows=90)
    whole = bootstrap_metrics(target, [score], threshold=0.5, resamples=1000, seed=4)
    again = bootstrap_metrics(target, [score], threshold=0.5, resamples=1000, seed=4)
    other = bootstrap_metrics(target, [score], threshold=0.5, resamples=1000, seed=5)
    assert (whole["roc_auc"] == again["roc_auc"]).all()
    assert (whole["roc_auc"] != other["roc_auc"]).any()


def test_many_rows_are_grouped_without_changing_the_spread():
    rows = 12 * MAX_UNITS
    target, first, *_ = simulate(rows=rows)
    second = np.clip(first + np.random.default_rng(1).normal(scale=0.1, size=rows), 0, 1)
    values = bootstrap_metrics(target, [first, second], threshold=0.5, resamples=2000, seed=6)
    exact = [point_metrics(target, score, 0.5) for score in (first, second)]
    delong = paired_auc(target, first, second)
    difference = values["roc_auc"][0] - values["roc_auc"][1]
    assert difference.mean() == pytest.approx(delong.difference, abs=delong.standard_error / 8)
    assert difference.std() == pytest.approx(delong.standard_error, rel=0.12)
    shares = target.mean() ** 2 / (target == 1).sum(), (1 - target.mean()) ** 2 / (target == 0).sum()
    squares = (first - target) ** 2 - (second - target) ** 2
    error = np.sqrt(sum(share * squares[target == label].var() for label, share in zip((1, 0), shares, strict=True)))
    assert (values["brier"][0] - values["brier"][1]).std() == pytest.approx(error, rel=0.12)
    for name in TITLES:
        spread = values[name][0].std()
        assert values[name][0].mean() == pytest.approx(exact[0][name], abs=spread / 8), name


@pytest.mark.slow
def test_the_interval_covers_the_truth_as_often_as_it_says():
    skill = 0.9
    truth = stats.norm.cdf(skill * np.sqrt(2))
    below = above = 0
    for seed in range(120):
        target, score, *_ = simulate(rows=200, skill=skill, seed=seed)
        values = bootstrap_metrics(target, [score], threshold=0.5, resamples=400, seed=seed)["roc_auc"][0]
        lower, upper = np.quantile(values, (0.05, 0.95))
        below, above = below + (truth < lower), above + (truth > upper)
    # 6 expected on each side; 16 or more has a chance below 0.0004.
    assert below < 16
    assert above < 16


@pytest.mark.skipif(not CLEVELAND.is_file(), reason="needs ../shared/data")
def test_the_statistics_hold_on_the_real_data():
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = np.genfromtxt(CLEVELAND, delimiter=",", missing_values="?")
    features, target = table[:, :-1], (table[:, -1] > 0).astype(np.int64)
    scores = [
        cross_val_predict(
            make_pipeline(SimpleImputer(), StandardScaler(), model), features, target, cv=5, method="predict_proba"
        )[:, 1]
        for model in (LogisticRegression(), KNeighborsClassifier(15))
    ]
    check_against_resampling(target, scores, 0.5, resamples=20)
    values = bootstrap_metrics(target, scores, threshold=0.5, resamples=4000, seed=8)["roc_auc"]
    delong = paired_auc(target, *scores)
    bounds = np.quantile(values[0] - values[1], (0.025, 0.975))
    np.testing.assert_allclose(bounds, delong.interval(0.975), atol=0.35 * delong.standard_error)
