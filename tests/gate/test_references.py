"""A candidate is also compared with the best of the last promoted, so that small losses cannot add up."""

import dataclasses

import pytest

from scripts.lib.gate.config import References
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import Scored
from tests.gate.samples import blurred, candidate, champion, limits_of
from tests.gate.test_evaluate import GATE, NO_SLICES, ROWS, SCORE, rule

CREPT = blurred(SCORE, 2.0)
LATEST = blurred(CREPT, 0.2, seed=4)


def gate(share=1.5, last=5):
    limits = (limits_of("roc_auc", margin=0.03),)
    return dataclasses.replace(GATE, metrics=limits, slices=NO_SLICES, references=References(last, share))


def test_a_candidate_as_good_as_a_champion_that_crept_down_is_stopped_by_who_was_better():
    sides = candidate(LATEST), champion(CREPT)
    assert evaluate(ROWS, *sides, gate()).outcome == "pass"
    references = [Scored("old", SCORE), Scored("middle", blurred(SCORE, 0.8)), sides[1]]
    verdict = evaluate(ROWS, *sides, gate(), references)
    assert rule(verdict, "roc_auc.non_inferiority").outcome == "pass"
    found = rule(verdict, "roc_auc.reference")
    assert found.outcome == "fail"
    assert found.reference == "old"
    assert found.limit == pytest.approx(-0.045)
    assert "old, the best of the last promoted" in found.sentence
    assert verdict.outcome == "fail"


def test_the_champion_is_not_compared_twice_where_it_is_the_best():
    sides = candidate(SCORE), champion(SCORE)
    verdict = evaluate(ROWS, *sides, gate(), [sides[1], Scored("old", CREPT)])
    assert not [each for each in verdict.rules if each.kind == "reference"]
    assert verdict.outcome == "pass"


def test_more_references_than_the_gate_asks_for_are_left_out():
    references = [Scored("old", SCORE), Scored("newer", CREPT), Scored("newest", CREPT)]
    verdict = evaluate(ROWS, candidate(LATEST), champion(CREPT), gate(last=2), references)
    assert not [each for each in verdict.rules if each.reference == "old"]


def test_without_a_champion_there_is_nothing_to_compare():
    verdict = evaluate(ROWS, candidate(CREPT), None, gate(), [Scored("old", SCORE)])
    assert not [each for each in verdict.rules if each.kind == "reference"]
