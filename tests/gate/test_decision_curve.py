"""What acting on the scores is worth, at each threshold."""

import numpy as np
import pytest

from scripts.lib.gate.evaluate import evaluate
from tests.gate.samples import blurred, candidate, champion
from tests.gate.test_evaluate import GATE, ROWS, SCORE


def test_the_curve_counts_true_and_false_positives_at_the_odds_of_the_threshold():
    curve = evaluate(ROWS, candidate(SCORE), champion(blurred(SCORE, 2)), GATE).decision_curve
    point = next(point for point in curve if point.threshold == 0.2)
    called = SCORE >= 0.2
    true, false = (called & (ROWS.target == 1)).sum(), (called & (ROWS.target == 0)).sum()
    assert point.candidate == pytest.approx((true - false / 4) / 303)
    share = ROWS.target.mean()
    assert point.everyone == pytest.approx(share - (1 - share) / 4)
    assert point.champion < point.candidate


def test_a_useful_model_beats_acting_on_everyone_and_on_no_one():
    curve = evaluate(ROWS, candidate(SCORE), None, GATE).decision_curve
    middle = [point for point in curve if 0.2 <= point.threshold <= 0.7]
    assert all(point.candidate > max(point.everyone, 0) for point in middle)
    assert all(point.champion is None for point in curve)


def test_the_gates_own_threshold_is_on_the_curve():
    import dataclasses

    curve = evaluate(ROWS, candidate(SCORE), None, dataclasses.replace(GATE, threshold=0.123)).decision_curve
    thresholds = [point.threshold for point in curve]
    assert 0.123 in thresholds
    assert np.all(np.diff(thresholds) > 0)
