"""Labels and scores of several classes, and numbers to predict, as the gate reads them."""

import numpy as np
import pytest

from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.reading import read_judged_rows, read_scores
from tests.gate.samples import simulate
from tests.gate.test_reading import refusal

THREE = Predicted("multiclass", ("low", "1", "high"))


def of_three(rows):
    for number, row in enumerate(rows):
        row["target"] = ["low", "1.0", "high"][number % 3]


def test_classes_are_read_by_their_names_and_numbers_however_they_are_written(judged, change_rows):
    change_rows(judged.labels / "labels.csv", of_three)
    rows, _ = read_judged_rows(judged.labels, THREE)
    np.testing.assert_array_equal(rows.target, np.arange(303) % 3)
    assert rows.predicted == THREE


def test_of_two_classes_the_positive_one_is_1(judged):
    rows, _ = read_judged_rows(judged.labels, Predicted("binary", ("1", "0")))
    np.testing.assert_array_equal(rows.target, 1 - simulate()[0].target)


def test_a_class_that_the_problem_does_not_have_is_refused_with_those_that_it_has(judged, change_rows):
    change_rows(judged.labels / "labels.csv", of_three)
    change_rows(judged.labels / "labels.csv", lambda rows: rows[5].update(target="middle"))
    error = refusal(read_judged_rows, judged.labels, THREE)
    assert error.reason == "bad-target"
    assert "line 7 has target middle, none of the classes low, 1, high" in error.message


@pytest.mark.parametrize(("target", "reason"), [("many", "bad-target"), ("", "bad-target"), ("inf", "bad-target")])
def test_a_number_to_predict_that_is_none_is_refused(judged, change_rows, target, reason):
    change_rows(judged.labels / "labels.csv", lambda rows: rows[5].update(target=target))
    assert refusal(read_judged_rows, judged.labels, Predicted("regression")).reason == reason


def test_a_constant_number_to_predict_is_refused(judged, change_rows):
    change_rows(judged.labels / "labels.csv", lambda rows: [row.update(target="7") for row in rows])
    assert refusal(read_judged_rows, judged.labels, Predicted("regression")).reason == "constant-target"


def test_weights_are_read_and_one_that_is_none_is_refused(judged, change_rows):
    rows, _ = read_judged_rows(judged.labels, weight="age")
    np.testing.assert_array_equal(rows.weight, simulate()[0].columns["age"])
    for weight in ("", "0", "-1", "heavy", "inf"):
        change_rows(judged.labels / "labels.csv", lambda rows, weight=weight: rows[3].update(age=weight))
        assert refusal(read_judged_rows, judged.labels, weight="age").reason == "bad-weight"


def test_the_scores_of_several_classes_are_read_by_the_names_of_the_classes(judged):
    for number, folder in judged.predictions.items():
        count = int((judged.fold == number).sum())
        lines = [f"{row},0.5,0.2,0.3" for row in range(count)]
        (folder / "predictions.csv").write_text("\n".join(["row,score_high,score_low,score_1", *lines]) + "\n")
    scores = read_scores(judged.predictions, judged.fold, THREE)
    np.testing.assert_array_equal(scores, np.tile([0.2, 0.3, 0.5], (303, 1)))
    (judged.predictions[0] / "predictions.csv").write_text("row,score_0,score_1,score_2\n0,0.5,0.2,0.3\n")
    assert refusal(read_scores, judged.predictions, judged.fold, THREE).reason == "missing-column"
