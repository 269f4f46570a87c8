"""The first line says what is, or stays, the default, and the figures that decided."""

import dataclasses

import pytest

from scripts.lib.report.assembly import evaluation_report, release_report
from scripts.lib.report.judgement import not_judged
from scripts.lib.report.judgement_document import Metric
from scripts.lib.report.text import headline_markdown
from tests.report.worlds import binary, data, multiclass, regression

METRICS = (
    Metric("roc_auc", "ROC AUC", "0.9122", "0.9136", "-0.0014", False),
    Metric("log_loss", "Log loss", "0.3780", "0.3846", "-0.0066", True),
    Metric("recall", "Recall", "0.8000", "0.8100", "-0.0100", False),
)
TOLD = "ROC AUC 0.912 (the default has 0.914), log loss 0.378 (the default has 0.385)"
TOLD_OF_BEFORE = TOLD.replace("has", "had")
B = binary(candidate="b-1", champion="a-1", metrics=METRICS, promoted=False, outcome="fail")
REFUSED = not_judged("b", "b-1", "a-1", "It delivers no model.")


def promoted(one):
    return dataclasses.replace(one, promoted=True, outcome="pass")


def told(before, after, judgements, **more):
    return release_report(
        before=before, after=after, judgements=judgements, endpoint="e", previous=None, data=data(), stages=(), **more
    )


@pytest.mark.parametrize(
    ("before", "after", "judgements", "result", "line"),
    [
        ("a-1", "b-1", [promoted(B)], "promoted", f"✅ `b-1` is the default, instead of `a-1`: {TOLD_OF_BEFORE}."),
        (None, "b-1", [promoted(dataclasses.replace(B, metrics=(), champion=None))], "promoted",
         "✅ `b-1` is the default, the first one."),
        (None, "b-1", [promoted(binary(candidate="a-1", first=True)), promoted(dataclasses.replace(B, metrics=()))],
         "promoted", "✅ `b-1` is the default, instead of `a-1`, which was promoted first."),
        ("a-1", "a-1", [B], "refused", f"❌ `a-1` stays: the gate says no to `b-1`: {TOLD}."),
        ("a-1", "a-1", [dataclasses.replace(B, outcome="inconclusive")], "inconclusive",
         f"❔ `a-1` stays: the gate cannot decide on `b-1`: {TOLD}."),
        (None, None, [REFUSED], "refused", "❌ There is still no default: the gate cannot judge `b-1`."),
        ("a-1", "a-1", [dataclasses.replace(promoted(B), challenger=True, promoted=False)], "kept",
         "✅ `a-1` stays the default; challengers judged: `b-1` (pass)."),
        ("b-1", "b-1", [promoted(dataclasses.replace(B, candidate="a-1", champion="b-1")), promoted(B)], "promoted",
         f"✅ `b-1` is the default again: promoted were `a-1`, then `b-1`: {TOLD_OF_BEFORE}."),
        ("a-1", "a-1", [], "kept", "✅ `a-1` is the default, as the repository declares; nothing was to be released."),
    ],
)  # fmt: skip
def test_the_headline_of_a_release(before, after, judgements, result, line):
    report = told(before, after, judgements)
    assert (report.result, headline_markdown(report)) == (result, line)


@pytest.mark.parametrize(
    ("judged", "names"),
    [
        (binary, ["ROC AUC 0.", "log loss 0.", "Brier score 0."]),
        (multiclass, ["ROC AUC, one class against the rest ", "log loss 0.", "Brier score 0."]),
        (regression, ["root mean squared error 26.", "mean absolute error 21.", "R² 0."]),
    ],
)
def test_every_task_has_the_figures_that_decide_in_its_headline(judged, names):
    one = promoted(judged())
    headline = told("a-1", one.candidate, [one]).headline
    assert [name for name in names if f" {name}" in headline] == names
    own = Metric("profit", "Profit by row", "1.5000", "-", "-", None)
    assert told("a-1", one.candidate, [dataclasses.replace(one, metrics=(own,))]).headline.endswith(
        "profit by row 1.500."
    )


def test_a_rehearsal_says_what_would_be():
    one = dataclasses.replace(B, metrics=())
    would = told("a-1", "b-1", [promoted(one)], rehearsed=True)
    assert headline_markdown(would) == "✅ `b-1` would be the default after a merge, instead of `a-1`."
    refused = told("a-1", "a-1", [one], rehearsed=True)
    assert headline_markdown(refused) == "❌ `a-1` would stay the default: the gate says no to `b-1`."
    assert told("a-1", "a-1", [], rehearsed=True, retrained=True).headline.endswith("was retrained on the new data.")


def test_a_release_that_stopped_says_why():
    rejected = told("a-1", "a-1", [], stopped="The data does not meet 2 of 46 rules:\n  age", rejected=True)
    assert (rejected.result, rejected.headline) == ("rejected", "The data was rejected; nothing was trained on it.")
    failed = told("a-1", "a-1", [], stopped="Job 1 failed.\nIts log:")
    assert (failed.result, failed.headline) == ("failed", "Job 1 failed.")


@pytest.mark.parametrize(
    ("one", "may", "result", "words"),
    [
        (promoted(B), True, "kept", "The gate says yes to b-1"),
        (B, False, "refused", "The gate says no to b-1"),
        (REFUSED, False, "refused", "The gate cannot judge b-1"),
        (dataclasses.replace(B, outcome="inconclusive"), True, "kept", "The gate cannot decide on b-1"),
    ],
)
def test_an_evaluation_says_what_the_gate_said_and_how_to_promote(one, may, result, words):
    report = evaluation_report("e", one, None, (), "out/evidence.json", may)
    assert report.result == result
    assert report.headline.startswith(words)
    assert any("promote_deployment" in entry.value for entry in report.commands) == may
