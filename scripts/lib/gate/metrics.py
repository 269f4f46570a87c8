"""The metrics of the gate: their names, for which of them lower is better, and how they are computed."""

from functools import partial
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
MetricName = Literal["roc_auc", "average_precision", "log_loss", "brier", "accuracy", "precision", "recall", "f1"]

TITLES: Final[dict[MetricName, str]] = {
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
}
LOWER_IS_BETTER: Final[frozenset[MetricName]] = frozenset(("log_loss", "brier"))
NEED_THRESHOLD: Final[frozenset[MetricName]] = frozenset(("accuracy", "precision", "recall", "f1"))


def point_metrics(target: Integers, score: Floats, threshold: float) -> dict[MetricName, float]:
    """Compute every metric; arguments as in ``point_metric``."""
    return {name: point_metric(name, target, score, threshold) for name in TITLES}


def point_metric(name: MetricName, target: Integers, score: Floats, threshold: float) -> float:
    """Compute one metric with scikit-learn.

    ``target`` holds 0 and 1 (both present), ``score`` the probability of 1, both of shape (rows,). A row
    counts as predicted positive when its score is at or above ``threshold``; precision and F1 are 0 where
    nothing is predicted positive.
    """
    from sklearn import metrics

    functions = {
        "roc_auc": metrics.roc_auc_score,
        "average_precision": metrics.average_precision_score,
        "log_loss": metrics.log_loss,
        "brier": metrics.brier_score_loss,
        "accuracy": metrics.accuracy_score,
        "precision": partial(metrics.precision_score, zero_division=0),
        "recall": partial(metrics.recall_score, zero_division=0),
        "f1": partial(metrics.f1_score, zero_division=0),
    }
    return float(functions[name](target, score >= threshold if name in NEED_THRESHOLD else score))
