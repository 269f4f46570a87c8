"""The author of a component learns alone whether its report keeps the contract, and where it does not."""

import json

import numpy as np
import pytest

from scripts.lib.gate.contract import check_evaluation
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.refusals import EvaluationRefused
from tests.gate.samples import influences, simulate, write_table
from tests.gate.test_task_metrics import classes, numbers

NAMES = {"binary": ["0", "1"], "multiclass": ["a", "b", "c"], "regression": []}


def predictions_of(task):
    """Return labels as the data writes them, and the columns of what is predicted."""
    if task == "regression":
        target, score = numbers()
        return target, score, {"prediction": score}
    if task == "multiclass":
        target, score = classes()
        return target, score, {f"score_{name}": score[:, place] for place, name in enumerate("abc")}
    rows, score = simulate(rows=97)
    return rows.target, score, {"score": score}


@pytest.fixture
def report(tmp_path):
    def write(task):
        target, score, columns = predictions_of(task)
        found = influences(target, score, 0.5, METRICS[task], task=task)
        content = {
            "schema_version": 2,
            "task": task,
            "classes": NAMES[task],
            "rows": 97,
            "eval_rows": 97,
            "metrics": {name: each.value for name, each in found.items()},
            "protocol": "out_of_fold",
            **({"threshold": 0.5} if task == "binary" else {}),
        }
        (tmp_path / "metrics.json").write_text(json.dumps(content), encoding="utf-8")
        labels = target if task == "regression" else np.array(NAMES[task])[target]
        written = {name: [repr(float(value)) for value in values] for name, values in columns.items()}
        write_table(tmp_path / "predictions.csv", {"row_id": range(97), "target": labels, **written})
        return tmp_path

    return write


@pytest.mark.parametrize("task", METRICS)
def test_a_report_that_keeps_the_contract_is_accepted(report, task):
    checked = check_evaluation(report(task))
    assert (checked.task, checked.rows, checked.left_out) == (task, 97, ())


def test_metrics_that_are_left_out_are_named(report, change_json):
    folder = report("regression")
    change_json(folder / "metrics.json", lambda content: content["metrics"].pop("r2"))
    assert check_evaluation(folder).left_out == ("r2",)


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        ("binary", {"classes": ["0"]}, "classes"),
        ("binary", {"threshold": 1.5}, "threshold"),
        ("binary", {"task": "ranking"}, "task"),
        ("multiclass", {"classes": ["a", "b"]}, "classes"),
        ("multiclass", {"metrics": {}}, "metrics"),
        ("multiclass", {"metrics": {"roc_auc": 0.9}}, "roc_auc is no metric of a multiclass problem"),
        ("multiclass", {"metrics": {"accuracy": 1.0}}, "the predictions give"),
        ("multiclass", {"classes": ["a", "b", "d"]}, "score_d"),
        ("regression", {"classes": ["a"]}, "classes"),
        ("regression", {"eval_rows": 96}, "eval_rows is 96, but predictions.csv holds 97"),
        ("regression", {"protocol": "training_rows"}, "protocol"),
        ("regression", {"schema_version": 1}, "schema_version"),
    ],
)
def test_what_breaks_the_contract_is_named(report, change_json, task, change, words):
    folder = report(task)
    change_json(folder / "metrics.json", lambda content: content.update(change))
    with pytest.raises(EvaluationRefused, match=words):
        check_evaluation(folder)


@pytest.mark.parametrize(
    ("task", "change", "reason"),
    [
        ("multiclass", {"score_a": "0.9"}, "score-out-of-range"),
        ("multiclass", {"target": "d"}, "bad-target"),
        ("regression", {"prediction": ""}, "nan-score"),
        ("regression", {"target": "many"}, "bad-target"),
    ],
)
def test_predictions_that_are_none_are_refused(report, change_rows, task, change, reason):
    folder = report(task)
    change_rows(folder / "predictions.csv", lambda rows: rows[3].update(change))
    with pytest.raises(EvaluationRefused) as caught:
        check_evaluation(folder)
    assert caught.value.reason == reason


def test_the_command_ends_with_four_at_a_broken_report(report):
    from click.testing import CliRunner

    from scripts.check_evaluation import main

    folder = report("binary")
    assert CliRunner().invoke(main, [str(folder)]).exit_code == 0
    (folder / "predictions.csv").unlink()
    broken = CliRunner().invoke(main, [str(folder)])
    assert broken.exit_code == 4
    assert "missing-file" in broken.output
