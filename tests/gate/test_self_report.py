"""What a candidate says about itself is read, compared with the judgement, and refused where it cannot be true."""

import json

import numpy as np
import pytest

from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import SelfReport
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.self_report import read_self_report
from tests.gate.samples import OF_TWO_CLASSES, blurred, candidate, champion, influences, write_table
from tests.gate.test_evaluate import GATE, ROWS, SCORE, rule


def report_of(score, target=ROWS.target):
    metrics = {name: each.value for name, each in influences(target, score, 0.5, OF_TWO_CLASSES).items()}
    return SelfReport(metrics, len(target), target, score)


@pytest.fixture
def results(tmp_path):
    """A folder like the train component's `evaluation_results`."""
    report = report_of(SCORE)
    summary = {"metrics": dict(report.metrics), "threshold": 0.5, "protocol": "out_of_fold"}
    (tmp_path / "metrics.json").write_text(json.dumps(summary), encoding="utf-8")
    rows = {"row_id": range(303), "target": ROWS.target, "score": [repr(float(score)) for score in SCORE]}
    write_table(tmp_path / "predictions.csv", rows)
    return tmp_path


def test_a_report_that_agrees_passes():
    verdict = evaluate(ROWS, candidate(SCORE), None, GATE, self_report=report_of(blurred(SCORE, 0.3)))
    assert rule(verdict, "self_report.roc_auc").outcome == "pass"
    assert verdict.outcome == "pass"


@pytest.mark.parametrize("rows_known", [True, False])
def test_a_report_that_is_too_good_fails(rows_known):
    labels = np.where(ROWS.target == 1, 0.99, 0.01)
    report = report_of(labels)
    if not rows_known:
        report = SelfReport(report.metrics, report.rows)
    verdict = evaluate(ROWS, candidate(SCORE), champion(SCORE), GATE, self_report=report)
    for metric in ("roc_auc", "brier"):
        assert rule(verdict, f"self_report.{metric}").outcome == "fail"
        assert "[self-report-too-good]" in rule(verdict, f"self_report.{metric}").sentence
    assert verdict.outcome == "fail"


def test_a_report_that_is_too_bad_fails():
    verdict = evaluate(ROWS, candidate(SCORE), None, GATE, self_report=report_of(blurred(SCORE, 4)))
    assert "[self-report-too-bad]" in rule(verdict, "self_report.roc_auc").sentence
    assert "[self-report-too-bad]" in rule(verdict, "self_report.brier").sentence
    assert verdict.outcome == "fail"


def test_a_small_report_is_not_held_to_more_than_it_can_show():
    few = np.concatenate([np.flatnonzero(ROWS.target == 1)[:6], np.flatnonzero(ROWS.target == 0)[:6]])
    lucky = np.where(ROWS.target[few] == 1, 0.7, 0.3) + np.linspace(0, 0.05, 12) * (2 * ROWS.target[few] - 1)
    lucky[[0, 6]] = 0.5
    verdict = evaluate(ROWS, candidate(SCORE), None, GATE, self_report=report_of(lucky, ROWS.target[few]))
    assert rule(verdict, "self_report.brier").outcome == "pass"


def test_a_folder_reads_back_as_it_was_written(results):
    read = read_self_report(results, GATE)
    assert read.metrics == report_of(SCORE).metrics
    np.testing.assert_array_equal(read.scores, SCORE)
    np.testing.assert_array_equal(read.target, ROWS.target)


def refusal(results):
    with pytest.raises(EvaluationRefused) as caught:
        read_self_report(results, GATE)
    return caught.value


@pytest.mark.parametrize("name", ["metrics.json", "predictions.csv"])
@pytest.mark.parametrize(("text", "reason"), [(None, "missing-file"), ("", "unreadable-file")])
def test_a_missing_or_empty_file_is_refused(results, name, text, reason):
    file = results / name
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")
    assert refusal(results).reason == reason


@pytest.mark.parametrize("value", [None, float("nan"), "0.9", True])
def test_a_metric_that_is_no_number_is_refused(results, change_json, value):
    change_json(results / "metrics.json", lambda summary: summary["metrics"].update(recall=value))
    assert refusal(results).reason == "missing-metric"


def test_a_missing_metric_is_refused(results, change_json):
    change_json(results / "metrics.json", lambda summary: summary["metrics"].pop("brier"))
    assert refusal(results).reason == "missing-metric"


def test_metrics_that_are_not_those_of_the_predictions_are_refused(results, change_rows):
    change_rows(results / "predictions.csv", lambda rows: rows[3].update(score="0.999"))
    error = refusal(results)
    assert error.reason == "metrics-disagree"
    assert "predictions give" in error.message


@pytest.mark.parametrize("score", ["", "high", "1.2", "-0.1", "inf"])
def test_scores_that_are_no_probabilities_are_refused(results, change_rows, score):
    change_rows(results / "predictions.csv", lambda rows: rows[3].update(score=score))
    assert refusal(results).reason in ("nan-score", "score-out-of-range")
