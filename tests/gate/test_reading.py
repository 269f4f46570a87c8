"""An `evaluation_results` folder is read, or refused by name."""

import numpy as np
import pytest

from scripts.lib.errors import GateSaidNo
from scripts.lib.gate.reading import read_evaluation
from scripts.lib.gate.refusals import EvaluationRefused
from tests.gate.samples import evaluation_of, run_of, simulate


def refusal(results, run):
    with pytest.raises(EvaluationRefused) as caught:
        read_evaluation(results, run)
    assert isinstance(caught.value, GateSaidNo)
    assert caught.value.exit_code == 4
    return caught.value


def test_a_folder_reads_back_as_it_was_written(results, run):
    written = evaluation_of(*simulate())
    read = read_evaluation(results, run)
    for name in ("row_ids", "target", "score", "age", "sex"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
    assert read.protocol == "out_of_fold"
    assert read.reported == written.reported


def test_the_order_of_rows_does_not_matter(results, run, change_rows):
    before = read_evaluation(results, run)
    change_rows(lambda rows: rows.reverse())
    np.testing.assert_array_equal(read_evaluation(results, run).score, before.score)


def test_a_missing_age_belongs_to_no_band(results, run, change_rows):
    change_rows(lambda rows: rows[0].update(age=""))
    assert np.isnan(read_evaluation(results, run).age[0])


@pytest.mark.parametrize("status", ["Failed", "Canceled", "Running"])
def test_a_job_that_did_not_complete_is_refused(results, status):
    error = refusal(results, run_of(status=status))
    assert error.reason == "job-failed"
    assert status in error.message


@pytest.mark.parametrize("name", ["metrics.json", "predictions.csv"])
def test_a_missing_file_is_refused(results, run, name):
    (results / name).unlink()
    error = refusal(results, run)
    assert error.reason == "missing-file"
    assert name in error.message


@pytest.mark.parametrize("name", ["metrics.json", "predictions.csv"])
def test_an_empty_file_is_refused(results, run, name):
    (results / name).write_text("", encoding="utf-8")
    assert refusal(results, run).reason == "unreadable-file"


def test_an_unknown_protocol_is_refused(results, run, change_summary):
    change_summary(lambda summary: summary.update(protocol="training_rows"))
    assert refusal(results, run).reason == "unreadable-file"


@pytest.mark.parametrize("value", [None, float("nan"), "0.9", True])
def test_a_metric_that_is_no_number_is_refused(results, run, change_summary, value):
    change_summary(lambda summary: summary["metrics"].update(recall=value))
    error = refusal(results, run)
    assert error.reason == "missing-metric"
    assert "recall" in error.message


def test_a_missing_metric_is_refused(results, run, change_summary):
    change_summary(lambda summary: summary["metrics"].pop("brier"))
    assert refusal(results, run).reason == "missing-metric"


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (lambda rows: rows[3].update(score="nan"), "nan-score", "00000003"),
        (lambda rows: rows[3].update(score=""), "nan-score", "00000003"),
        (lambda rows: rows[3].update(score="1.2"), "score-out-of-range", "1.2"),
        (lambda rows: rows[3].update(score="-inf"), "score-out-of-range", "-inf"),
        (lambda rows: rows[3].update(target="2"), "bad-target", "2"),
        (lambda rows: rows[3].update(target=""), "bad-target", "nan"),
        (lambda rows: rows[3].update(row_id=rows[4]["row_id"]), "duplicate-row", "00000004"),
        (lambda rows: rows[3].update(row_id=""), "duplicate-row", "missing"),
        (lambda rows: rows.clear(), "no-rows", "no row"),
        (lambda rows: [row.update(target="1") for row in rows], "single-class", "0 rows of class 0"),
        (lambda rows: [row.update(score="0.4") for row in rows], "constant-predictor", "0.4"),
        (lambda rows: rows[3].update(score="0.999"), "metrics-disagree", "predictions give"),
    ],
)
def test_rows_that_cannot_be_judged_are_refused(results, run, change_rows, change, reason, words):
    change_rows(change)
    error = refusal(results, run)
    assert error.reason == reason
    assert words in error.message


@pytest.mark.parametrize("column", ["row_id", "target", "score", "age", "sex"])
def test_a_missing_column_is_refused(results, run, column):
    file = results / "predictions.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(column, "other", 1), encoding="utf-8")
    error = refusal(results, run)
    assert error.reason == "missing-column"
    assert column in error.message
