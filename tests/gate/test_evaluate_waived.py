"""A floor that cannot be decided is waived only where the comparison with the champion decides."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.gate.evaluate import evaluate
from tests.gate.samples import blurred, candidate, champion, limits_of
from tests.gate.test_evaluate import GATE, ROWS, SCORE, only, rule


def undecided_floor(score, metric="roc_auc"):
    """Return a floor that ``score`` neither keeps nor breaks."""
    return evaluate(ROWS, candidate(score), None, GATE).candidate_metrics[metric]


def test_an_undecided_floor_blocks_a_first_release_but_no_candidate_that_is_as_good_as_the_champion():
    gate = only(limits_of("roc_auc", floor=undecided_floor(SCORE), margin=0.03))
    assert evaluate(ROWS, candidate(SCORE), None, gate).outcome == "inconclusive"
    verdict = evaluate(ROWS, candidate(SCORE), champion(SCORE), gate)
    assert verdict.outcome == "pass"
    assert rule(verdict, "roc_auc.floor").waived
    assert "no worse than the champion where roc_auc.floor cannot be decided" in verdict.sentence


def test_an_undecided_floor_blocks_where_non_inferiority_is_not_shown():
    worse = blurred(SCORE, 1.2)
    gate = only(limits_of("roc_auc", floor=undecided_floor(worse), margin=0.03))
    verdict = evaluate(ROWS, candidate(worse), champion(SCORE), gate)
    assert rule(verdict, "roc_auc.non_inferiority").outcome != "pass"
    assert not rule(verdict, "roc_auc.floor").waived
    assert not verdict.promote


def test_a_floor_without_a_margin_of_its_own_is_waived_only_by_all_comparisons():
    floor = undecided_floor(SCORE, "recall")
    recall = limits_of("recall", floor=floor)
    shown, not_shown = limits_of("roc_auc", margin=0.5), limits_of("brier", margin=0.0)
    sides = candidate(blurred(SCORE, 0.3)), champion(SCORE)
    limits = dataclasses.replace(recall, floor=undecided_floor(sides[0].scores, "recall"))
    assert rule(evaluate(ROWS, *sides, only(limits, shown)), "recall.floor").waived
    assert not rule(evaluate(ROWS, *sides, only(limits, shown, not_shown)), "recall.floor").waived
    assert not rule(evaluate(ROWS, *sides, only(limits)), "recall.floor").waived


def test_a_broken_floor_is_never_waived():
    gate = only(limits_of("roc_auc", floor=0.999, margin=0.5))
    verdict = evaluate(ROWS, candidate(SCORE), champion(SCORE), gate)
    assert verdict.outcome == "fail"


@given(st.floats(0.1, 2), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_whoever_passes_one_margin_passes_a_wider_one(size, seed):
    sides = candidate(blurred(SCORE, size, seed)), champion(SCORE)
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    gates = [only(limits_of("brier", margin=margin)) for margin in (0.005, 0.02, 0.08)]
    outcomes = [rank[evaluate(ROWS, *sides, gate).outcome] for gate in gates]
    assert outcomes == sorted(outcomes)
