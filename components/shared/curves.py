"""The numbers behind the usual plots of a report, each row counted once."""

from typing import Any

import numpy as np
from judging import THRESHOLD, cumulative

CURVE_POINTS = 500
CALIBRATION_BINS = 10
ERROR_QUANTILES = 101


def curves(task: str, classes: list[str], target: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Return curves and counts of predictions for labels, as ``judging.metrics`` takes them."""
    if task == "regression":
        return {"errors": _errors(scores - target)}
    places = target.astype(np.int64)
    if task == "multiclass":
        counts = _confusion(places, np.argmax(scores, axis=1), len(classes))
        return {"confusion": {"labels": classes, "counts": counts}}
    called = (scores >= THRESHOLD).astype(np.int64)
    confusion = {"labels": classes, "threshold": THRESHOLD, "counts": _confusion(places, called, 2)}
    return {**_of_two_classes(places, scores), "confusion": confusion}


def _of_two_classes(target: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Return ROC, precision-recall and calibration, in at most ``CURVE_POINTS`` points each."""
    false_positives, true_positives = cumulative(target, scores, np.ones(len(target)))
    keep = np.unique(np.linspace(0, len(true_positives) - 1, CURVE_POINTS).round().astype(int))
    precision = true_positives / (true_positives + false_positives)
    thresholds = np.unique(scores)[::-1]
    bins = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = counts > 0
    return {
        "roc": {
            "false_positive_rate": [0.0, *(false_positives[keep] / false_positives[-1]).tolist()],
            "true_positive_rate": [0.0, *(true_positives[keep] / true_positives[-1]).tolist()],
            "threshold": [None, *thresholds[keep].tolist()],
        },
        "precision_recall": {
            "precision": precision[keep].tolist(),
            "recall": (true_positives[keep] / true_positives[-1]).tolist(),
            "threshold": thresholds[keep].tolist(),
        },
        "calibration": {
            "mean_score": (np.bincount(bins, scores, CALIBRATION_BINS)[filled] / counts[filled]).tolist(),
            "positive_share": (np.bincount(bins, target, CALIBRATION_BINS)[filled] / counts[filled]).tolist(),
            "rows": counts[filled].tolist(),
        },
    }


def _confusion(target: np.ndarray, called: np.ndarray, classes: int) -> list[list[int]]:
    """Return how many rows of each class (row) were predicted to have each class (column)."""
    counts = np.bincount(classes * target + called, minlength=classes**2)
    return counts.reshape(classes, classes).tolist()


def _errors(errors: np.ndarray) -> dict[str, list[float]]:
    """Return quantiles of prediction less target."""
    shares = np.linspace(0, 1, ERROR_QUANTILES)
    return {"share": shares.tolist(), "quantile": np.quantile(errors, shares).tolist()}
