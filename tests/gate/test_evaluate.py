"""The gate says pass, fail or inconclusive, for the right reason, in words."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.gate.config import load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.slice_rules import Slice, SliceRules
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


def test_a_slice_that_is_poor_fails_though_the_whole_passes():
    women = ROWS.columns["sex"] == 0
    score = np.where(women, 1 - SCORE, SCORE)
    verdict = evaluate(ROWS, candidate(score), None, dataclasses.replace(GATE, metrics=()))
    assert rule(verdict, "sex.women.roc_auc.floor").outcome == "fail"
    assert rule(verdict, "sex.women.roc_auc.floor").sentence.startswith("Among women")
    assert rule(verdict, "sex.men.roc_auc.floor").outcome == "pass"
    assert verdict.outcome == "fail"


def test_a_slice_that_lost_against_the_champion_fails_though_it_keeps_its_floor():
    women = ROWS.columns["sex"] == 0
    score = np.where(women, blurred(SCORE, 3.5), SCORE)
    gate = only(slices=slices_of(Slice("sex.women", "women", "sex", value=0), floor=0.3, margin=0.02))
    verdict = evaluate(ROWS, candidate(score), champion(SCORE), gate)
    assert rule(verdict, "sex.women.roc_auc.floor").outcome == "pass"
    assert rule(verdict, "sex.women.roc_auc.non_inferiority").outcome == "fail"
    assert verdict.outcome == "fail"


def test_a_slice_with_too_few_rows_is_inconclusive():
    elders = Slice("age.74-120", "age 74 to under 120", "age", 74, 120)
    count = int((ROWS.columns["age"] >= 74).sum())
    verdict = evaluate(ROWS, candidate(SCORE), None, only(slices=slices_of(elders)))
    assert verdict.outcome == "inconclusive"
    assert f"({count} rows) nothing can be decided" in rule(verdict, "age.74-120.roc_auc.floor").sentence
    assert rule(verdict, "age.74-120.roc_auc.floor").number is None


@pytest.mark.parametrize(("positives", "outcome"), [(0, "inconclusive"), (19, "inconclusive"), (20, "pass")])
def test_a_slice_needs_twenty_of_each_class(positives, outcome):
    chosen = np.concatenate([np.flatnonzero(ROWS.target == 1)[:positives], np.flatnonzero(ROWS.target == 0)[:60]])
    columns = {"kind": np.where(np.isin(ROWS.row, chosen), "rare", "other")}
    gate = only(slices=slices_of(Slice("kind.rare", "rare", "kind", value="rare")))
    verdict = evaluate(dataclasses.replace(ROWS, columns=columns), candidate(SCORE), None, gate)
    assert rule(verdict, "kind.rare.roc_auc.floor").outcome == outcome
    if outcome != "pass":
        assert f"the rarest class has {positives}" in rule(verdict, "kind.rare.roc_auc.floor").sentence


def test_bands_are_of_numbers_though_the_column_holds_other_text_too():
    ages = ROWS.columns["age"]
    raw = np.where(ROWS.row % 10 == 0, "?", ages.astype(str)).astype(object)
    gate = only(slices=slices_of(Slice("age.0-55", "under 55", "age", 0, 55)))
    verdict = evaluate(dataclasses.replace(ROWS, columns={"age": raw}), candidate(SCORE), None, gate)
    assert rule(verdict, "age.0-55.roc_auc.floor").rows == ((ages < 55) & (ROWS.row % 10 != 0)).sum()


def test_a_slice_by_a_column_that_is_not_there_is_refused():
    with pytest.raises(EvaluationRefused, match="no column `sex`") as refusal:
        evaluate(dataclasses.replace(ROWS, columns={}), candidate(SCORE), None, GATE)
    assert refusal.value.reason == "missing-column"


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
