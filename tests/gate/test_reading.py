"""What the line withheld and scored is read, or refused by name."""

import numpy as np
import pytest

from scripts.lib.errors import GateSaidNo
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.predicted import BINARY
from scripts.lib.gate.reading import read_judged_rows, read_scores
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.scores import check_scores
from tests.gate.samples import simulate, write_labels

COLUMNS = ("age", "sex")


def refusal(read, *arguments, **more):
    with pytest.raises(EvaluationRefused) as caught:
        read(*arguments, **more)
    assert isinstance(caught.value, GateSaidNo)
    assert caught.value.exit_code == 4
    return caught.value


def test_labels_and_predictions_read_back_as_they_were_written(judged):
    written, score = simulate()
    rows, fold = read_judged_rows(judged.labels, slice_columns=COLUMNS)
    np.testing.assert_array_equal(rows.target, written.target)
    np.testing.assert_array_equal(rows.columns["age"], written.columns["age"])
    np.testing.assert_array_equal(fold, judged.fold)
    np.testing.assert_array_equal(read_scores(judged.predictions, fold), score)
    assert rows.protocol == "cross_fitted"
    assert rows.group is None


def test_the_order_of_the_lines_does_not_matter(judged, change_rows):
    change_rows(judged.labels / "labels.csv", lambda rows: rows.reverse())
    change_rows(judged.predictions[2] / "predictions.csv", lambda rows: rows.reverse())
    written, score = simulate()
    rows, fold = read_judged_rows(judged.labels)
    np.testing.assert_array_equal(rows.target, written.target)
    np.testing.assert_array_equal(read_scores(judged.predictions, fold), score)


def test_a_group_is_told_by_its_text_and_a_missing_one_is_a_group_too(judged, change_rows):
    def name_groups(rows):
        for number, row in enumerate(rows):
            row["age"] = ["007", "7", ""][number % 3]

    change_rows(judged.labels / "labels.csv", name_groups)
    rows, _ = read_judged_rows(judged.labels, group="age")
    np.testing.assert_array_equal(rows.group, np.arange(303) % 3)


def test_a_missing_value_belongs_to_no_band(judged, change_rows):
    change_rows(judged.labels / "labels.csv", lambda rows: rows[0].update(age=""))
    rows, _ = read_judged_rows(judged.labels, slice_columns=COLUMNS)
    assert np.isnan(rows.columns["age"][0])


@pytest.mark.parametrize("name", ["folds.json", "labels.csv"])
@pytest.mark.parametrize(("text", "reason"), [(None, "missing-file"), ("", "unreadable-file"), ("[]", None)])
def test_a_file_of_labels_that_is_missing_or_empty_is_refused(judged, name, text, reason):
    file = judged.labels / name
    file.unlink() if text is None else file.write_text(text, encoding="utf-8")
    error = refusal(read_judged_rows, judged.labels)
    assert error.reason == (reason or {"folds.json": "unreadable-file", "labels.csv": "missing-column"}[name])
    assert name in error.message


@pytest.mark.parametrize("column", ["row", "fold", "target", "age"])
def test_a_missing_column_is_refused(judged, column):
    file = judged.labels / "labels.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(column, "other", 1), encoding="utf-8")
    error = refusal(read_judged_rows, judged.labels, slice_columns=COLUMNS)
    assert error.reason == "missing-column"
    assert f"`{column}`" in error.message


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (lambda rows: rows.clear(), "no-rows", "no row"),
        (lambda rows: rows.pop(), "row-count-disagrees", "302"),
        (lambda rows: rows[3].update(row="4"), "duplicate-row", "row 4"),
        (lambda rows: rows[3].update(row="3.5"), "unreadable-file", "3.5"),
        (lambda rows: rows[3].update(target="2"), "bad-target", "2"),
        (lambda rows: rows[3].update(target=""), "bad-target", "nan"),
        (lambda rows: [row.update(target="1") for row in rows], "single-class", "0 rows of class 0"),
    ],
)
def test_labels_that_cannot_be_judged_are_refused(judged, change_rows, change, reason, words):
    change_rows(judged.labels / "labels.csv", change)
    error = refusal(read_judged_rows, judged.labels)
    assert error.reason == reason
    assert words in error.message


def test_an_unknown_protocol_is_refused(judged, change_json):
    change_json(judged.labels / "folds.json", lambda summary: summary.update(protocol="training_rows"))
    assert refusal(read_judged_rows, judged.labels).reason == "unreadable-file"


def test_predictions_for_a_fold_must_be_there(judged):
    (judged.predictions[1] / "predictions.csv").unlink()
    assert refusal(read_scores, judged.predictions, judged.fold).reason == "missing-file"
    without = {number: folder for number, folder in judged.predictions.items() if number != 1}
    assert "fold 1" in refusal(read_scores, without, judged.fold).message


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (lambda rows: rows.pop(), "row-count-disagrees", "60 predictions for 61"),
        (lambda rows: rows.append(dict(rows[0], row="61")), "row-count-disagrees", "62 predictions for 61"),
        (lambda rows: rows[3].update(row="4"), "duplicate-row", "row 3"),
        (lambda rows: rows[60].update(row="61"), "missing-row", "row 60"),
        (lambda rows: rows[3].update(row="x"), "unreadable-file", "x"),
        (lambda rows: rows.clear(), "no-rows", "no row"),
    ],
)
def test_predictions_of_other_rows_are_refused(judged, change_rows, change, reason, words):
    change_rows(judged.predictions[0] / "predictions.csv", change)
    error = refusal(read_scores, judged.predictions, judged.fold)
    assert error.reason == reason
    assert words in error.message


@pytest.mark.parametrize(
    ("position", "value", "reason"),
    [
        (3, np.nan, "nan-score"),
        (3, np.inf, "score-out-of-range"),
        (3, -0.01, "score-out-of-range"),
        (3, 1.01, "score-out-of-range"),
        (slice(None), 0.4, "constant-predictor"),
    ],
)
@pytest.mark.parametrize("repeat", [False, True])
def test_scores_that_cannot_be_judged_are_refused(position, value, reason, repeat):
    _, score = simulate()
    spoilt = score.copy()
    spoilt[position] = value
    side = Scored("candidate", score, (spoilt,)) if repeat else Scored("candidate", spoilt)
    error = refusal(check_scores, side, 303, BINARY)
    assert error.reason == reason
    assert "candidate" in error.message


def test_another_number_of_scores_is_refused():
    assert refusal(check_scores, Scored("candidate", simulate()[1]), 302, BINARY).reason == "row-count-disagrees"


def test_scores_that_are_no_numbers_become_missing_scores(judged, change_rows):
    change_rows(judged.predictions[0] / "predictions.csv", lambda rows: rows[3].update(score="high"))
    assert np.isnan(read_scores(judged.predictions, judged.fold)).sum() == 1


def test_a_hold_out_reads_as_one_fold(tmp_path):
    rows, _ = simulate()
    write_labels(tmp_path / "labels", rows, folds=1)
    _, fold = read_judged_rows(tmp_path / "labels")
    assert set(fold) == {0}
