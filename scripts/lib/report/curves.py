"""Aggregate judged rows into the few hundred numbers that a chart needs; rows themselves never get into a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from scripts.lib.gate.arrays import Floats, Integers

POINTS = 200
BINS = 20
CALIBRATION_BINS = 10
GRID = 24
_Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True)
class Bin:
    """A bin of the calibration chart: mean score, share of positives with Wilson's 95 % interval, rows."""

    score: float
    share: float
    lower: float
    upper: float
    rows: int


@dataclass(frozen=True)
class BinaryCurves:
    """One side of a binary problem; points are (x, y), ``confusion`` is ((TN, FP), (FN, TP)) at the threshold."""

    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    calibration: tuple[Bin, ...]
    negatives: tuple[int, ...]
    positives: tuple[int, ...]
    confusion: tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class MulticlassCurves:
    """One side of a multiclass problem: ``confusion`` has actual classes as rows; ``roc`` is each class against all."""

    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    roc: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True)
class RegressionCurves:
    """One side of a regression: counts on a grid of actual (x) and predicted (y) values, and of residuals."""

    edges: tuple[float, ...]
    grid: tuple[tuple[int, int, int], ...]
    residual_edges: tuple[float, ...]
    residuals: tuple[int, ...]


def binary_curves(target: "Integers", scores: "Floats", threshold: float) -> BinaryCurves:
    """Aggregate the scores (probability of 1) of rows whose ``target`` is 0 or 1, both present."""
    import numpy as np

    false_positives, true_positives = _cumulative(target, scores)
    keep = _spread(len(true_positives))
    precision, recall = true_positives / (true_positives + false_positives), true_positives / true_positives[-1]
    by_bin = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(2 * target.astype(np.int64) + (scores >= threshold), minlength=4).tolist()
    return BinaryCurves(
        roc=((0.0, 0.0), *_points(false_positives[keep] / false_positives[-1], recall[keep])),
        precision_recall=_points(recall[keep], precision[keep]),
        calibration=_calibration(target, scores),
        negatives=tuple(np.bincount(by_bin[target == 0], minlength=BINS).tolist()),
        positives=tuple(np.bincount(by_bin[target == 1], minlength=BINS).tolist()),
        confusion=((counts[0], counts[1]), (counts[2], counts[3])),
    )


def multiclass_curves(target: "Integers", scores: "Floats", classes: Sequence[str]) -> MulticlassCurves:
    """Aggregate the scores, rows x classes, of rows whose ``target`` is the index of a class."""
    import numpy as np

    number = len(classes)
    counts = np.bincount(target.astype(np.int64) * number + scores.argmax(axis=1), minlength=number * number)
    roc = []
    for index in range(number):
        false_positives, true_positives = _cumulative((target == index).astype(np.int64), scores[:, index])
        keep = _spread(len(true_positives))
        of_class, others = max(int(true_positives[-1]), 1), max(int(false_positives[-1]), 1)
        roc.append(((0.0, 0.0), *_points(false_positives[keep] / others, true_positives[keep] / of_class)))
    confusion = tuple(tuple(row) for row in counts.reshape(number, number).tolist())
    return MulticlassCurves(tuple(classes), confusion, tuple(roc))


def regression_curves(target: "Floats", predicted: "Floats", edges: "Floats | None" = None) -> RegressionCurves:
    """Aggregate predictions; with ``edges`` of another side's actual values, so that both can be compared."""
    import numpy as np

    if edges is None:
        low, high = min(target.min(), predicted.min()), max(target.max(), predicted.max())
        edges = np.linspace(low, high if high > low else low + 1, GRID + 1)
    counts, _, _ = np.histogram2d(target, np.clip(predicted, edges[0], edges[-1]), bins=[edges, edges])
    residuals = predicted - target
    spread = float(np.quantile(np.abs(residuals), 0.995)) or 1.0
    residual_edges = np.linspace(-spread, spread, BINS + 1)
    found, _ = np.histogram(np.clip(residuals, -spread, spread), residual_edges)
    cells = tuple((int(x), int(y), int(counts[x, y])) for x, y in zip(*np.nonzero(counts), strict=True))
    return RegressionCurves(tuple(edges.tolist()), cells, tuple(residual_edges.tolist()), tuple(found.tolist()))


def _calibration(target: "Integers", scores: "Floats") -> tuple[Bin, ...]:
    """Return bins of equally many rows, so that each share is known about equally well."""
    import numpy as np

    order = np.argsort(scores, kind="stable")
    bins = []
    for part in np.array_split(order, CALIBRATION_BINS):
        if len(part) == 0:
            continue
        rows, share = len(part), float(target[part].mean())
        centre = (share + _Z**2 / (2 * rows)) / (1 + _Z**2 / rows)
        half = _Z / (1 + _Z**2 / rows) * float(np.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2)))
        bins.append(
            Bin(_short(scores[part].mean()), _short(share), _short(max(0, centre - half)), _short(centre + half), rows)
        )
    return tuple(bins)


def _cumulative(target: "Integers", scores: "Floats") -> "tuple[Integers, Integers]":
    """Return false and true positives at each distinct score, from the highest down."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    true_positives = np.cumsum(target[order], dtype=np.int64)[last]
    return last + 1 - true_positives, true_positives


def _spread(length: int) -> "Integers":
    import numpy as np

    return np.unique(np.linspace(0, length - 1, POINTS).round().astype(np.int64))


def _points(x: "np.ndarray", y: "np.ndarray") -> tuple[tuple[float, float], ...]:
    return tuple((_short(a), _short(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _short(value: float) -> float:
    return round(float(value), 5)
