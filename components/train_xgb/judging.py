"""Judge probabilities against labels: metrics, and the numbers behind the usual plots.

Written in NumPy, as importing scikit-learn takes longer than the whole step; tests hold every figure to
scikit-learn's own.
"""

from typing import Any

import numpy as np

THRESHOLD = 0.5
DECIMALS = 7
CURVE_POINTS = 500
CALIBRATION_BINS = 10


def rounded(scores: np.ndarray) -> np.ndarray:
    """Return ``scores`` as published: ``DECIMALS`` digits, never quite 0 or 1, so that log loss is finite."""
    return np.clip(np.round(scores, DECIMALS), 10.0**-DECIMALS, 1 - 10.0**-DECIMALS)


def metrics(target: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Return the metrics of ``scores`` (probability of 1) for ``target`` (0 or 1, both present).

    Precision is 0 when nothing is predicted positive.
    """
    false_positives, true_positives = _cumulative(target, scores)
    positives, negatives = true_positives[-1], false_positives[-1]
    precision_steps = true_positives / (true_positives + false_positives)
    (tn, fp), (fn, tp) = confusion(target, scores)
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn)
    likelihood = np.where(target == 1, scores, 1 - scores)
    return {
        "roc_auc": float(np.trapezoid(np.r_[0, true_positives] / positives, np.r_[0, false_positives] / negatives)),
        "average_precision": float(np.sum(np.diff(np.r_[0, true_positives]) / positives * precision_steps)),
        "log_loss": float(-np.mean(np.log(likelihood))),
        "brier": float(np.mean((scores - target) ** 2)),
        "accuracy": (tp + tn) / len(target),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    }


def confusion(target: np.ndarray, scores: np.ndarray) -> list[list[int]]:
    """Return counts [[true negative, false positive], [false negative, true positive]] at ``THRESHOLD``."""
    counts = np.bincount(2 * target.astype(np.int64) + (scores >= THRESHOLD), minlength=4)
    return counts.reshape(2, 2).tolist()


def curves(target: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Return ROC, precision-recall, calibration and confusion, in at most ``CURVE_POINTS`` points each."""
    false_positives, true_positives = _cumulative(target, scores)
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
        "confusion": {"labels": [0, 1], "threshold": THRESHOLD, "counts": confusion(target, scores)},
    }


def _cumulative(target: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positives at each distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    true_positives = np.cumsum(target[order], dtype=np.int64)[last]
    return last + 1 - true_positives, true_positives
