"""A metric that the problem brings is judged like the others, or refused by name."""

import numpy as np
import pytest

from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.evaluate import evaluate
from tests.gate.samples import candidate, champion
from tests.gate.task_samples import GATES, load, rows_of
from tests.gate.test_evaluate import rule

OWN = '''
import numpy as np

def late_cost(target, prediction):
    """Too little costs three times what too much costs."""
    error = prediction - target
    return np.where(error < 0, -3 * error, error)

def share_of_sum(target, prediction):
    return np.abs(prediction - target), np.abs(target)

def broken(target, prediction):
    return prediction[:-1]
'''


OWN_METRICS = {
    "late_cost": {"title": "Cost of errors", "better": "lower", "minimum": 0},
    "share_of_sum": {"title": "Error as share of all", "better": "lower", "minimum": 0},
}


def test_a_metric_of_ones_own_is_judged_like_the_others(tmp_path):
    (tmp_path / "metrics.py").write_text(OWN, encoding="utf-8")
    limits = {"late_cost": {"ceiling": 5, "margin": 0.5}, "share_of_sum": {"ceiling": 2}}
    gate = load(tmp_path, "regression", own_metrics=OWN_METRICS, metrics=limits, slices=GATES["regression"]["slices"])
    rows, score = rows_of("regression")
    verdict = evaluate(rows, candidate(score), champion(score), gate)
    error = score - rows.target
    assert verdict.candidate_metrics["late_cost"] == pytest.approx(np.where(error < 0, -3 * error, error).mean())
    assert verdict.candidate_metrics["share_of_sum"] == pytest.approx(np.abs(error).sum() / np.abs(rows.target).sum())
    assert rule(verdict, "late_cost.non_inferiority").outcome == "pass"
    assert "Cost of errors" in rule(verdict, "late_cost.ceiling").sentence
    before = gate.digest
    (tmp_path / "metrics.py").write_text(OWN.replace("-3", "-4"), encoding="utf-8")
    assert load(tmp_path, "regression", own_metrics=OWN_METRICS, metrics=limits).digest != before


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (None, "There is no .*metrics.py"),
        ("def other(target, prediction): return target", "has no function `late_cost`; it has: other"),
        ("import absent_module", "cannot be imported"),
    ],
)
def test_a_function_that_is_not_there_is_refused(tmp_path, code, words):
    if code:
        (tmp_path / "metrics.py").write_text(code, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=words):
        load(tmp_path, "regression", own_metrics={"late_cost": OWN_METRICS["late_cost"]})


def test_a_function_that_returns_no_number_a_row_is_refused(tmp_path):
    (tmp_path / "metrics.py").write_text(OWN, encoding="utf-8")
    gate = load(tmp_path, "regression", own_metrics={"broken": OWN_METRICS["late_cost"]})
    rows, score = rows_of("regression")
    with pytest.raises(BadConfiguration, match=r"returns shape \(599,\) for 600 rows"):
        evaluate(rows, candidate(score), None, gate)
