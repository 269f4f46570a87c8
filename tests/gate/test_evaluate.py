"""The gate says pass, fail or inconclusive, for the right reason, in words."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.gate.config import MetricLimits, Slice, load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.metrics import LOWER_IS_BETTER, TITLES
from scripts.lib.gate.reading import ReusedStep
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.render import verdict_markdown, verdict_table
from tests.gate.samples import GATE_FILE, evaluation_of, simulate

GATE = dataclasses.replace(load_gate(GATE_FILE), resamples=1000)
TARGET, SCORE, AGE, SEX = simulate()


def candidate(score=SCORE, **run):
    return evaluation_of(TARGET, score, AGE, SEX, **run)


def champion(score=SCORE, **run):
    return evaluation_of(TARGET, score, AGE, SEX, "champion", **run)


def blurred(size, seed=1):
    noise = np.random.default_rng(seed).normal(size=len(SCORE))
    return 1 / (1 + np.exp(-(np.log(SCORE / (1 - SCORE)) + size * noise)))


def rule(verdict, name):
    return next(each for each in verdict.rules if each.rule == name)


def only(*limits, **changes):
    """Return a gate with these metric limits and no slices."""
    return dataclasses.replace(GATE, **({"metrics": limits, "slices": ()} | changes))


def test_an_identical_candidate_passes():
    verdict = evaluate(candidate(), champion(), GATE)
    assert verdict.outcome == "pass"
    assert verdict.promote
    margin = rule(verdict, "roc_auc.non_inferiority")
    assert (margin.number, margin.interval.lower, margin.interval.upper) == (0, 0, 0)
    assert margin.limit == -0.03
    assert "equal to the champion's" in margin.sentence
    assert "may become the default" in verdict.sentence


def test_a_much_worse_candidate_fails():
    verdict = evaluate(candidate(blurred(3)), champion(), GATE)
    assert verdict.outcome == "fail"
    assert not verdict.promote
    margin = rule(verdict, "roc_auc.non_inferiority")
    assert margin.outcome == "fail"
    assert margin.interval.upper < margin.limit
    assert "roc_auc.non_inferiority" in verdict.sentence
    assert "must not become the default" in verdict.sentence


def test_a_better_candidate_passes():
    verdict = evaluate(candidate(), champion(blurred(1)), GATE)
    assert verdict.outcome == "pass"
    assert rule(verdict, "brier.non_inferiority").number < 0
    assert "better than the champion's" in rule(verdict, "brier.non_inferiority").sentence


@pytest.mark.parametrize("policy", ["block", "pass"])
def test_what_cannot_be_decided_follows_the_policy(policy):
    margin = abs(rule(evaluate(candidate(blurred(0.7)), champion(), GATE), "roc_auc.non_inferiority").number)
    gate = only(MetricLimits("roc_auc", None, margin), inconclusive=policy)
    verdict = evaluate(candidate(blurred(0.7)), champion(), gate)
    assert verdict.outcome == "inconclusive"
    assert verdict.promote == (policy == "pass")
    assert ("lets that pass" if policy == "pass" else "blocks what is undecided") in verdict.sentence


def test_without_a_champion_the_floors_alone_decide():
    verdict = evaluate(candidate(), None, GATE)
    assert verdict.outcome == "pass"
    assert not any(each.kind == "non_inferiority" for each in verdict.rules)
    assert verdict.champion_metrics is None
    assert "no champion yet" in verdict.sentence


def test_too_few_rows_fail():
    verdict = evaluate(candidate(), None, dataclasses.replace(GATE, minimum_rows=304))
    assert verdict.outcome == "fail"
    assert "Only 303 rows were judged; at least 304 are needed." in rule(verdict, "minimum_rows").sentence


@pytest.mark.parametrize("metric", list(TITLES))
def test_every_metric_passes_a_loose_limit_and_fails_a_tight_one(metric):
    loose, tight = (5.0, 0.001) if metric in LOWER_IS_BETTER else (0.01, 0.999)
    assert evaluate(candidate(), None, only(MetricLimits(metric, loose, None))).outcome == "pass"
    assert evaluate(candidate(), None, only(MetricLimits(metric, tight, None))).outcome == "fail"
    value = candidate().reported[metric]
    at_the_limit = evaluate(candidate(), None, only(MetricLimits(metric, value, None)))
    assert at_the_limit.outcome == "inconclusive"
    assert at_the_limit.rules[1].number == value


def test_a_slice_that_is_poor_fails_though_the_whole_passes():
    score = SCORE.copy()
    women = SEX == 0
    score[women] = 1 - score[women]
    verdict = evaluate(candidate(score), None, dataclasses.replace(GATE, metrics=GATE.metrics[:0]))
    assert rule(verdict, "sex.women.roc_auc.floor").outcome == "fail"
    assert rule(verdict, "sex.women.roc_auc.floor").sentence.startswith("Among women")
    assert rule(verdict, "sex.men.roc_auc.floor").outcome == "pass"
    assert verdict.outcome == "fail"


def test_a_slice_with_too_few_rows_is_inconclusive():
    elders = Slice("age.74-120", "ages 74 to under 120", "age", 74, 120)
    count = int((AGE >= 74).sum())
    verdict = evaluate(candidate(), None, only(slices=(elders,)))
    assert verdict.outcome == "inconclusive"
    assert f"Only {count} rows" in rule(verdict, "age.74-120.roc_auc.floor").sentence
    assert rule(verdict, "age.74-120.roc_auc.floor").number is None


def test_a_slice_of_one_class_is_inconclusive():
    sex = np.where(TARGET == 1, 1.0, SEX)
    verdict = evaluate(evaluation_of(TARGET, SCORE, AGE, sex), None, GATE)
    assert rule(verdict, "sex.women.roc_auc.floor").outcome == "inconclusive"
    assert "one class has 0 rows" in rule(verdict, "sex.women.roc_auc.floor").sentence


def test_when_delong_disagrees_with_the_bootstrap_nothing_is_decided():
    sides = candidate(blurred(0.7)), champion()
    first = rule(evaluate(*sides, GATE), "roc_auc.non_inferiority")
    between = -(first.interval.lower + first.cross_check.lower) / 2
    verdict = evaluate(*sides, only(MetricLimits("roc_auc", None, between)))
    assert first.interval.lower != first.cross_check.lower
    assert verdict.outcome == "inconclusive"
    widest = -min(first.interval.lower, first.cross_check.lower)
    assert evaluate(*sides, only(MetricLimits("roc_auc", None, widest))).outcome == "pass"


@given(st.floats(0.1, 2), st.integers(0, 99))
@settings(deadline=None, max_examples=5)
def test_whoever_passes_one_margin_passes_a_wider_one(size, seed):
    sides = candidate(blurred(size, seed)), champion()
    rank = {"fail": 0, "inconclusive": 1, "pass": 2}
    margins = (0.005, 0.02, 0.08)
    outcomes = [rank[evaluate(*sides, only(MetricLimits("brier", None, margin))).outcome] for margin in margins]
    assert outcomes == sorted(outcomes)


def changed(evaluation, **changes):
    return dataclasses.replace(evaluation, **changes)


@pytest.mark.parametrize(
    ("other", "reason", "words"),
    [
        (changed(champion(), protocol="hold_out"), "different-protocols", "hold_out"),
        (changed(champion(), row_ids=np.char.add("x", champion().row_ids)), "different-rows", "303"),
        (evaluation_of(TARGET[:-1], SCORE[:-1], AGE[:-1], SEX[:-1], "champion"), "different-rows", "302"),
        (changed(champion(), target=np.roll(TARGET, 1)), "different-targets", "target"),
        (changed(champion(), age=AGE + 1), "different-slices", "age"),
        (changed(champion(), sex=1 - SEX), "different-slices", "sex"),
    ],
)
def test_sides_that_did_not_see_the_same_rows_are_refused(other, reason, words):
    with pytest.raises(EvaluationRefused, match=words) as refusal:
        evaluate(candidate(), other, GATE)
    assert refusal.value.reason == reason


def test_missing_ages_on_both_sides_are_the_same():
    age = np.where(np.arange(len(AGE)) == 5, np.nan, AGE)
    assert evaluate(changed(candidate(), age=age), changed(champion(), age=age), GATE).outcome == "pass"


REUSED = ReusedStep("train", "job-earlier")


def test_a_reused_training_step_of_differing_code_is_refused():
    with pytest.raises(EvaluationRefused, match="job-earlier") as refusal:
        evaluate(candidate(reused=(REUSED,)), champion(), GATE)
    assert refusal.value.reason == "reused-training-step"


def test_a_training_step_reused_from_other_code_is_refused_without_a_champion_too():
    other = ReusedStep("train", "job-earlier", code_digest="code:other")
    with pytest.raises(EvaluationRefused, match="reused"):
        evaluate(candidate(reused=(other,)), None, GATE)


@pytest.mark.parametrize(
    ("reused", "champion_code"),
    [
        (ReusedStep("train", "job-earlier", code_digest="code:candidate"), "code:champion"),
        (REUSED, "code:candidate"),
        (ReusedStep("prepare", "job-earlier"), "code:champion"),
    ],
)
def test_a_step_reused_from_the_same_code_is_sound(reused, champion_code):
    sides = candidate(reused=(reused,)), champion(code_digest=champion_code)
    assert evaluate(*sides, GATE).outcome == "pass"


def test_the_verdict_is_shown_as_markdown_and_as_a_table():
    verdict = evaluate(candidate(blurred(3)), champion(), GATE)
    markdown, table = verdict_markdown(verdict), verdict_table(verdict)
    assert markdown.startswith("### Gate: ❌ fail\n")
    assert f"| ROC AUC | {verdict.candidate_metrics['roc_auc']:.4f} | {verdict.champion_metrics['roc_auc']:.4f} |" in (
        markdown
    )
    for each in verdict.rules:
        assert each.sentence in markdown
        assert each.rule in table
    assert "≤ +0.015" in table
    assert "≥ -0.030" in table
    assert table.endswith(verdict.sentence)
    assert "| ROC AUC | " in verdict_markdown(evaluate(candidate(), None, GATE))
