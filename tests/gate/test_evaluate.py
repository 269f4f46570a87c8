"""The gate says pass, fail or inconclusive, for the right reason, in words."""

import dataclasses

import numpy as np
import pytest

from scripts.lib.gate.config import load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.slice_rules import SliceRules
from tests.gate.samples import GATE_FILE, OF_TWO_CLASSES, blurred, candidate, champion, limits_of, simulate

GATE = load_gate(GATE_FILE)
ROWS, SCORE = simulate()
NO_SLICES = SliceRules(1, 20, (), ())


def rule(verdict, name):
    return next(each for each in verdict.rules if each.rule == name)


def only(*limits, **changes):
    """Return a gate with these metric limits and no slices."""
    return dataclasses.replace(GATE, **({"metrics": limits, "slices": NO_SLICES} | changes))


def slices_of(*parts, floor=0.6, margin=None, minimum_rows=40):
    return SliceRules(minimum_rows, 20, (limits_of("roc_auc", floor=floor, margin=margin),), parts)


def test_an_identical_candidate_passes():
    verdict = evaluate(ROWS, candidate(SCORE), champion(SCORE), GATE)
    assert verdict.outcome == "pass"
    assert verdict.promote
    margin = rule(verdict, "roc_auc.non_inferiority")
    assert (margin.number, margin.interval.lower, margin.interval.upper) == (0, 0, 0)
    assert margin.limit == -0.03
    assert "equal to that of the champion" in margin.sentence
    assert "may become the default" in verdict.sentence


def test_a_much_worse_candidate_fails():
    verdict = evaluate(ROWS, candidate(blurred(SCORE, 3)), champion(SCORE), GATE)
    assert verdict.outcome == "fail"
    assert not verdict.promote
    margin = rule(verdict, "roc_auc.non_inferiority")
    assert margin.outcome == "fail"
    assert margin.interval.upper < margin.limit
    assert "roc_auc.non_inferiority" in verdict.sentence
    assert "must not become the default" in verdict.sentence


def test_a_better_candidate_passes():
    verdict = evaluate(ROWS, candidate(SCORE), champion(blurred(SCORE, 2)), GATE)
    assert verdict.outcome == "pass"
    assert rule(verdict, "brier.non_inferiority").number < 0
    assert "better than that of the champion" in rule(verdict, "brier.non_inferiority").sentence


@pytest.mark.parametrize("policy", ["block", "pass"])
def test_what_cannot_be_decided_follows_the_policy(policy):
    sides = candidate(blurred(SCORE, 1)), champion(SCORE)
    loss = abs(rule(evaluate(ROWS, *sides, GATE), "roc_auc.non_inferiority").number)
    gate = only(limits_of("roc_auc", margin=loss), inconclusive=policy)
    verdict = evaluate(ROWS, *sides, gate)
    assert verdict.outcome == "inconclusive"
    assert verdict.promote == (policy == "pass")
    assert ("lets that pass" if policy == "pass" else "blocks what is undecided") in verdict.sentence


def test_without_a_champion_the_floors_alone_decide():
    verdict = evaluate(ROWS, candidate(SCORE), None, GATE)
    assert verdict.outcome == "pass"
    assert not any("non_inferiority" in each.kind for each in verdict.rules)
    assert verdict.champion_metrics is None
    assert "no champion yet" in verdict.sentence


def test_too_few_rows_fail():
    verdict = evaluate(ROWS, candidate(SCORE), None, dataclasses.replace(GATE, minimum_rows=304))
    assert verdict.outcome == "fail"
    assert "Only 303 rows were judged; at least 304 are needed." in rule(verdict, "minimum_rows").sentence


def test_too_few_rows_of_a_class_decide_no_metric():
    positives = int(ROWS.target.sum())
    gate = dataclasses.replace(GATE, minimum_per_class=positives + 1)
    verdict = evaluate(ROWS, candidate(SCORE), champion(SCORE), gate)
    assert verdict.outcome == "inconclusive"
    of_whole = [each for each in verdict.rules if each.metric and not each.slice]
    assert {each.outcome for each in of_whole} == {"inconclusive"}
    assert all(each.number is None and each.rows_needed == 306 for each in of_whole)
    assert f"the rarest class has {positives}" in of_whole[0].sentence
    assert "About 306 judged rows would decide this" in of_whole[0].sentence
    enough = dataclasses.replace(GATE, minimum_per_class=positives)
    assert evaluate(ROWS, candidate(SCORE), champion(SCORE), enough).outcome == "pass"


@pytest.mark.parametrize("metric", [name for name, each in OF_TWO_CLASSES.items() if each.can_compare])
def test_every_metric_passes_a_loose_limit_and_fails_a_tight_one(metric):
    word = "ceiling" if OF_TWO_CLASSES[metric].lower_is_better else "floor"
    loose, tight = (5.0, 0.001) if OF_TWO_CLASSES[metric].lower_is_better else (0.01, 0.999)
    value = evaluate(ROWS, candidate(SCORE), None, GATE).candidate_metrics[metric]
    for limit, outcome in ((loose, "pass"), (tight, "fail"), (value, "inconclusive")):
        verdict = evaluate(ROWS, candidate(SCORE), None, only(limits_of(metric, **{word: limit})))
        assert verdict.outcome == outcome
        assert verdict.rules[1].number == value
        assert word in verdict.rules[1].sentence


def test_an_overconfident_model_breaks_a_floor_of_the_calibration_slope():
    gate = only(limits_of("calibration_slope", floor=0.6, ceiling=1.4))
    logit = np.log(SCORE / (1 - SCORE))
    assert evaluate(ROWS, candidate(SCORE), None, gate).outcome == "pass"
    overconfident, timid = (1 / (1 + np.exp(-factor * logit)) for factor in (4.0, 0.4))
    assert rule(evaluate(ROWS, candidate(overconfident), None, gate), "calibration_slope.floor").outcome == "fail"
    assert rule(evaluate(ROWS, candidate(timid), None, gate), "calibration_slope.ceiling").outcome == "fail"


def test_scores_that_are_too_high_break_a_floor_of_the_calibration_intercept():
    gate = only(limits_of("calibration_intercept", floor=-0.6, ceiling=0.6))
    assert evaluate(ROWS, candidate(SCORE), None, gate).outcome == "pass"
    high = 1 / (1 + np.exp(-np.log(SCORE / (1 - SCORE)) - 2))
    assert rule(evaluate(ROWS, candidate(high), None, gate), "calibration_intercept.floor").outcome == "fail"


def test_a_calibration_slope_that_is_not_defined_decides_nothing():
    perfect = np.where(ROWS.target == 1, 0.9, 0.1) + np.linspace(0, 0.05, len(SCORE))
    verdict = evaluate(ROWS, candidate(perfect), None, only(limits_of("calibration_slope", floor=0.5)))
    assert verdict.outcome == "inconclusive"
    assert "not defined" in rule(verdict, "calibration_slope.floor").sentence
    assert "calibration_slope" not in verdict.candidate_metrics


def test_a_share_of_the_champions_skill_must_be_kept():
    worse = candidate(blurred(SCORE, 2.5))
    gate = only(limits_of("brier", keep=0.6))
    verdict = evaluate(ROWS, worse, champion(SCORE), gate)
    share = ROWS.target.mean()
    nothing = share * (1 - share)
    ours, theirs = (nothing - ((score - ROWS.target) ** 2).mean() for score in (worse.scores, SCORE))
    kept = rule(verdict, "brier.keep")
    assert kept.number == pytest.approx(ours - 0.6 * theirs)
    assert kept.outcome == "fail"
    assert "keeps less than 60 % of the champion's advantage" in kept.sentence
    assert evaluate(ROWS, candidate(SCORE), champion(SCORE), gate).outcome == "pass"
    assert evaluate(ROWS, worse, champion(SCORE), only(limits_of("brier", keep=0.02))).outcome != "fail"
