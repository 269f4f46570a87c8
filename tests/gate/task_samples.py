"""A gate for several classes and one for numbers, rows of each, and scores that are spoilt."""

import numpy as np
import yaml

from scripts.lib.gate.config import load_gate
from scripts.lib.gate.judged import JudgedRows
from scripts.lib.gate.predicted import Predicted
from tests.gate.test_task_metrics import classes, numbers

PREDICTED = {"multiclass": Predicted("multiclass", ("a", "b", "c")), "regression": Predicted("regression")}


BASE = {
    "judgement": {"by": "line", "folds": 5, "hold_out": 0.2, "hold_out_above": 10000, "refit": True},
    "minimum_rows": 100,
    "confidence": 0.975,
    "inconclusive": "block",
    "evidence": {"maximum_age_hours": 24},
}


GATES = {
    "multiclass": {
        "minimum_per_class": 20,
        "metrics": {"macro_roc_auc": {"floor": 0.7, "margin": 0.05}, "log_loss": {"ceiling": 1.0, "keep": 0.6}},
        "slices": {
            "minimum_rows": 40,
            "minimum_per_class": 20,
            "floors": {"accuracy": 0.4},
            "ceilings": {"brier": 0.9},
            "by": {"region": {"north": "N", "south": "S"}},
        },
    },
    "regression": {
        "metrics": {
            "rmse": {"ceiling": 4, "margin": 0.3},
            "r2": {"floor": 0.1},
            "mean_bias": {"floor": -1, "ceiling": 1},
        },
        "slices": {
            "minimum_rows": 40,
            "ceilings": {"mae": 2.5},
            "margins": {"mae": 0.5},
            "by": {"age": [[0, 50], [50, 99]]},
        },
    },
}


COLUMNS = {"region": ("N", "S"), "age": (), "patient": ()}


def load(folder, task, columns=COLUMNS, **changes):
    path = folder / "gate.yml"
    path.write_text(yaml.safe_dump(BASE | GATES[task] | changes), encoding="utf-8")
    return load_gate(path, PREDICTED[task], columns)


def rows_of(task, rows=600, **more):
    generator = np.random.default_rng(1)
    target, score = classes(rows) if task == "multiclass" else numbers(rows)
    columns = {"region": generator.choice(["N", "S"], rows), "age": generator.uniform(0, 99, rows)}
    return JudgedRows(np.arange(rows), target, "cross_fitted", columns, predicted=PREDICTED[task], **more), score


def spoilt(task, score):
    if task == "regression":
        return score + 3 * np.random.default_rng(2).normal(size=len(score))
    mixed = score + 3 * np.random.default_rng(2).random(score.shape)
    return mixed / mixed.sum(axis=1, keepdims=True)
