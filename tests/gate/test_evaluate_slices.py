"""Rules on slices: poor ones fail, small ones decide nothing."""

import dataclasses

import numpy as np
import pytest

from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.slice_rules import Slice
from tests.gate.samples import blurred, candidate, champion
from tests.gate.test_evaluate import GATE, ROWS, SCORE, only, rule, slices_of


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
