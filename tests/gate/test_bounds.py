"""Bounds agree with textbooks where there are any, hold as often as they say, and tell how many rows would decide."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from scripts.lib.gate.bounds import difference_bounds, metric_bounds, rows_to_decide
from scripts.lib.gate.estimates import Estimate, Sample
from scripts.lib.gate.judged import JudgedRows, Scored
from tests.gate.samples import OF_TWO_CLASSES, blurred, simulate

ROWS, SCORE = simulate()


def estimate(name, score=SCORE, rows=ROWS, **more):
    return Sample(rows, 0.5).estimates(Scored("model", score, **more), [OF_TWO_CLASSES[name]])[name]


def repeated(times, group):
    """Return every row ``times`` over, as one group each or as if they were new."""
    rows = np.tile(ROWS.row, times)
    return JudgedRows(np.arange(len(rows)), np.tile(ROWS.target, times), "cross_fitted", group=rows if group else None)


def width(bounds):
    return bounds.upper - bounds.lower


@pytest.mark.parametrize("name", ["accuracy", "recall", "precision"])
@pytest.mark.parametrize("confidence", [0.9, 0.975])
def test_a_share_of_rows_has_wilsons_bounds(name, confidence):
    called, positive = SCORE >= 0.5, ROWS.target == 1
    hits, trials = {
        "accuracy": (called == positive, np.ones(303, bool)),
        "recall": (called & positive, positive),
        "precision": (called & positive, called),
    }[name]
    interval = stats.binomtest(int(hits.sum()), int(trials.sum())).proportion_ci(2 * confidence - 1, "wilson")
    bounds = metric_bounds(OF_TWO_CLASSES[name], estimate(name), confidence)
    # The gate's variance has the factor n / (n - 1).
    assert (bounds.lower, bounds.upper) == pytest.approx((interval.low, interval.high), abs=2e-4)


@pytest.mark.parametrize("name", ["accuracy", "recall", "precision", "roc_auc", "average_precision"])
def test_a_share_without_an_error_still_has_a_lower_bound(name):
    perfect = np.where(ROWS.target == 1, 0.9, 0.1)
    bounds = metric_bounds(OF_TWO_CLASSES[name], estimate(name, perfect), 0.975)
    assert 0.9 < bounds.lower < 0.995
    assert bounds.upper == 1


def test_precision_without_a_predicted_positive_may_be_anything():
    bounds = metric_bounds(
        OF_TWO_CLASSES["precision"], estimate("precision", np.where(ROWS.target == 1, 0.4, 0.1)), 0.975
    )
    assert (bounds.lower, bounds.upper) == (0, 1)


def test_identical_models_differ_by_nothing():
    for name in ("roc_auc", "average_precision", "brier", "recall"):
        bounds = difference_bounds(OF_TWO_CLASSES[name], estimate(name).minus(estimate(name)), 0.975)
        assert (bounds.lower, bounds.upper) == (0, 0)


def test_rows_of_one_group_count_once():
    wide, narrow = (
        width(
            metric_bounds(OF_TWO_CLASSES["roc_auc"], estimate("roc_auc", np.tile(SCORE, 4), repeated(4, group)), 0.975)
        )
        for group in (True, False)
    )
    assert wide == pytest.approx(width(metric_bounds(OF_TWO_CLASSES["roc_auc"], estimate("roc_auc"), 0.975)), rel=0.02)
    assert narrow == pytest.approx(wide / 2, rel=0.05)


def test_what_training_varies_widens_a_difference():
    runs = tuple(blurred(SCORE, 0.8, seed) for seed in range(2, 5))
    champion = estimate("brier", blurred(SCORE, 0.8, 9))
    once, again = (estimate("brier", blurred(SCORE, 0.8), repeats=repeats) for repeats in ((), runs))
    values = [((score - ROWS.target) ** 2).mean() for score in (blurred(SCORE, 0.8), *runs)]
    assert again.training == ((pytest.approx(np.var(values, ddof=1)), 3),)
    narrow, wide = (
        width(difference_bounds(OF_TWO_CLASSES["brier"], side.minus(champion), 0.975)) for side in (once, again)
    )
    assert wide > narrow


def test_rows_of_few_repeats_are_trusted_less():
    noise = 0.01 * np.random.default_rng(0).normal(size=400)
    bounds = [
        difference_bounds(OF_TWO_CLASSES["brier"], Estimate(0.0, noise / 400, 150, training=((1e-4, runs),)), 0.975)
        for runs in (1, 2, 30)
    ]
    quantiles = [each.upper / 0.01 for each in bounds]
    assert quantiles == pytest.approx([stats.t.ppf(0.975, runs) for runs in (1, 2, 30)], rel=0.02)


def test_as_many_rows_as_named_decide():
    generator = np.random.default_rng(3)
    limit, truth, error = 0.0, 0.004, 0.05
    few = Estimate(truth, error * generator.normal(size=300) / 300, 150)
    needed = rows_to_decide(few, limit, 0.975, 300)
    decided = [
        generator.normal(truth, error / np.sqrt(needed)) - stats.norm.ppf(0.975) * error / np.sqrt(needed) > limit
        for _ in range(4000)
    ]
    assert np.mean(decided) == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(("value", "training"), [(0.0, ()), (1e-5, ()), (0.004, ((1e-4, 3),))])
def test_no_number_of_rows_decides_what_lies_on_the_limit_or_what_training_hides(value, training):
    noise = 0.05 * np.random.default_rng(0).normal(size=300) / 300
    assert rows_to_decide(Estimate(value, noise, 150, training=training), 0.0, 0.975, 300) is None


@pytest.mark.parametrize(("share", "rows"), [(0.002, 40_000), (0.05, 4_000)])
def test_the_spread_of_average_precision_at_rare_positives_is_right(share, rows):
    generator = np.random.default_rng(5)
    values, variances = [], []
    for _ in range(250):
        target = (generator.random(rows) < share).astype(np.int64)
        score = expit(2 * (generator.normal(size=rows) + 2 * target) - 6)
        found = estimate("average_precision", score, JudgedRows(np.arange(rows), target, "hold_out"))
        values.append(found.value)
        variances.append(found.variance)
    # The spread of 250 values is itself known to 4.5 %; half of the true spread was the fault to find.
    assert np.sqrt(np.mean(variances)) == pytest.approx(np.std(values), rel=0.12)


@pytest.mark.slow
def test_the_bounds_miss_as_often_as_they_say(tmp_path):
    from benchmarks.gate_coverage import measure

    class Here:
        map = staticmethod(lambda draw, numbers, chunksize: map(draw, numbers))

    cell = measure(303, 0.46, 1, 300, Here())
    for name in cell.found:
        if cell.misses(name, 50)[0] < 100:
            continue
        # 7.5 misses of 300 are expected on each side; 20 and more have a chance of 1 in 10,000.
        assert max(cell.misses(name, 50)[1:]) < 100 * 20 / 300, name
