"""Judge predictions against labels: metrics by task, weighted where rows have weights.

Written in NumPy, as importing scikit-learn takes longer than the whole step; tests hold every figure to
scikit-learn's own.
"""

import numpy as np

THRESHOLD = 0.5
DECIMALS = 7


def rounded(task: str, scores: np.ndarray) -> np.ndarray:
    """Return ``scores`` as published.

    A probability has ``DECIMALS`` digits and is never quite 0 or 1, so that log loss is finite; a number has nine
    significant digits.
    """
    if task == "regression":
        return np.array([float(f"{score:.9g}") for score in scores.tolist()])
    return np.clip(np.round(scores, DECIMALS), 10.0**-DECIMALS, 1 - 10.0**-DECIMALS)


def metrics(task: str, target: np.ndarray, scores: np.ndarray, weight: np.ndarray | None) -> dict[str, float]:
    """Return the metrics of ``scores`` for ``target``.

    Of two classes ``scores`` are probabilities of 1, shape (rows,); of several, those of each class, shape (rows,
    classes); else the predicted numbers. A share of no rows is 0.
    """
    weight = np.ones(len(target)) if weight is None else weight.astype(np.float64)
    weight = weight / weight.sum()
    if task == "regression":
        return _of_numbers(target, scores, weight)
    return (_of_two_classes if task == "binary" else _of_classes)(target.astype(np.int64), scores, weight)


def _of_two_classes(target: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    false_positives, true_positives = cumulative(target, scores, weight)
    steps = true_positives / (true_positives + false_positives)
    precision, recall, f1 = _counted(target == 1, scores >= THRESHOLD, weight)
    likelihood = np.where(target == 1, scores, 1 - scores)
    return {
        "roc_auc": _area(false_positives, true_positives),
        "average_precision": float(np.sum(np.diff(np.r_[0, true_positives]) / true_positives[-1] * steps)),
        "log_loss": float(-(weight @ np.log(likelihood))),
        "brier": float(weight @ (scores - target) ** 2),
        "accuracy": float(weight @ ((scores >= THRESHOLD) == target)),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def _of_classes(target: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    labels, called = range(scores.shape[1]), np.argmax(scores, axis=1)
    own = scores[np.arange(len(target)), target]
    squares = ((scores - (np.arange(scores.shape[1]) == target[:, None])) ** 2).sum(axis=1)
    counted = np.array([_counted(target == label, called == label, weight) for label in labels])
    found = {
        "log_loss": float(-(weight @ np.log(own))),
        "brier": float(weight @ squares),
        "accuracy": float(weight @ (called == target)),
        "macro_precision": float(counted[:, 0].mean()),
        "macro_recall": float(counted[:, 1].mean()),
        "macro_f1": float(counted[:, 2].mean()),
    }
    if all((target == label).any() for label in labels):
        areas = [_area(*cumulative(1 * (target == label), scores[:, label], weight)) for label in labels]
        found["macro_roc_auc"] = float(np.mean(areas))
    return found


def _of_numbers(target: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    errors = scores - target
    squares, spread = float(weight @ errors**2), float(weight @ (target - weight @ target) ** 2)
    found = {
        "rmse": squares**0.5,
        "mae": float(weight @ np.abs(errors)),
        "mean_bias": float(weight @ errors),
    }
    return found | ({"r2": 1 - squares / spread} if spread else {})


def _counted(positive: np.ndarray, called: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    right, given, found = (float(weight @ rows) for rows in (positive & called, called, positive))
    return (
        right / given if given else 0.0,
        right / found if found else 0.0,
        2 * right / (given + found) if given + found else 0.0,
    )


def cumulative(target: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positives, by weight, at each distinct score from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    weighted = weight[order]
    true_positives = np.cumsum(weighted * target[order])[last]
    return np.maximum(np.cumsum(weighted)[last] - true_positives, 0.0), true_positives


def _area(false_positives: np.ndarray, true_positives: np.ndarray) -> float:
    return float(
        np.trapezoid(
            np.r_[0, true_positives] / true_positives[-1],
            np.r_[0, false_positives] / false_positives[-1],
        )
    )
