"""Paired, stratified bootstrap of every metric for several models at once, as matrix products.

A resample draws rows with replacement within each class, the same rows for every model. Drawing rows is
the same as giving each row a whole-number weight, and the weighted counts above every score are the product
of the weights with a table (units x score bins). Up to ``MAX_UNITS`` rows a class, a unit is one row and
a bin one distinct score: the bootstrap is exact. Beyond, a unit is a random group of rows (their number in
a resample varies as it would for single rows, because the groups are formed at random) and scores fall in
``MAX_BINS`` bins of equal row counts for the two ranking metrics, whose resamples are then shifted so that
they centre on the exact value. Cost grows linearly with rows; memory does not depend on the resamples.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import numpy as np

from scripts.lib.gate.metrics import TITLES, Floats, Integers, MetricName, point_metric

RANKING: Final[tuple[MetricName, ...]] = ("roc_auc", "average_precision")
MAX_UNITS = 1000
MAX_BINS = 500
CHUNK_CELLS = 2**18


def bootstrap_metrics(
    target: Integers,
    scores: Sequence[Floats],
    *,
    threshold: float,
    resamples: int,
    seed: int,
    names: Collection[MetricName] = tuple(TITLES),
) -> dict[MetricName, Floats]:
    """Return, for each metric in ``names``, its values in shape (models, resamples).

    ``target`` has shape (rows,) with both classes present; every array of ``scores`` is one model's
    probabilities for the same rows. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993).
    """
    generator = np.random.default_rng(seed)
    units = [_Units(np.flatnonzero(target == label), generator) for label in (0, 1)]
    models = [_Model(target, score, threshold, units) for score in scores]
    out: dict[MetricName, Floats] = {name: np.empty((len(models), resamples)) for name in names}
    for rows in _chunks(resamples, max(model.width for model in models)):
        weights = [unit.draw(rows.stop - rows.start, generator) for unit in units]
        for index, model in enumerate(models):
            for name, values in model.metrics(weights, names).items():
                out[name][index, rows] = values
    for index, (model, score) in enumerate(zip(models, scores, strict=True)):
        ranking = [name for name in RANKING if name in out]
        if model.binned and ranking:
            centre = model.metrics([np.ones((1, unit.count)) for unit in units], ranking)
            for name in ranking:
                out[name][index] += point_metric(name, target, score, threshold) - centre[name][0]
    return out


def _chunks(resamples: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK_CELLS // width)
    return (slice(start, min(start + step, resamples)) for start in range(0, resamples, step))


class _Units:
    """What is drawn within one class: its rows, or random groups of them when there are many."""

    def __init__(self, rows: Integers, generator: np.random.Generator) -> None:
        self.count = min(len(rows), MAX_UNITS)
        self.rows = rows if self.count == len(rows) else generator.permutation(rows)
        self.unit_of_row = np.arange(len(rows)) % self.count

    def draw(self, resamples: int, generator: np.random.Generator) -> Floats:
        """Return how often each unit is drawn, shape (resamples, units)."""
        drawn = generator.integers(0, self.count, size=(resamples, self.count))
        drawn += np.arange(resamples)[:, None] * self.count
        counts = np.bincount(drawn.ravel(), minlength=resamples * self.count)
        return counts.reshape(resamples, self.count).astype(np.float64)

    def table(self, column: Integers, width: int) -> Floats:
        """Count the rows of each unit in each value of ``column``, shape (units, width)."""
        cells = self.unit_of_row * width + column[self.rows]
        return np.bincount(cells, minlength=self.count * width).reshape(self.count, width).astype(np.float64)

    def sums(self, columns: Sequence[Floats]) -> Floats:
        """Add up each column over the rows of each unit, shape (units, columns)."""
        return np.stack(
            [np.bincount(self.unit_of_row, column[self.rows], minlength=self.count) for column in columns], 1
        )


class _Model:
    """One model's counts and losses by unit, from which weights give every metric."""

    def __init__(self, target: Integers, score: Floats, threshold: float, units: Sequence[_Units]) -> None:
        distinct = np.unique(score)
        self.binned = len(distinct) > MAX_BINS
        if self.binned:
            edges = np.unique(np.quantile(score, np.linspace(0, 1, MAX_BINS + 1)[1:-1], method="lower"))
            column = len(edges) - np.searchsorted(edges, score, side="right")
            self.width = len(edges) + 1
        else:
            column = len(distinct) - 1 - np.searchsorted(distinct, score)
            self.width = len(distinct)
        self.counts = [unit.table(column, self.width) for unit in units]
        limit = float(np.finfo(np.float64).eps)
        right = np.clip(np.where(target == 1, score, 1 - score), limit, 1 - limit)
        columns = [-np.log(right), (score - target) ** 2, (score >= threshold).astype(np.float64)]
        self.linear = [unit.sums(columns) for unit in units]

    def metrics(self, weights: Sequence[Floats], names: Collection[MetricName]) -> dict[MetricName, Floats]:
        """Return the metrics ``names`` under each row of weights, shape (resamples,)."""
        values: dict[MetricName, Floats] = {}
        negatives, positives = (
            weight @ counts.sum(axis=1) for weight, counts in zip(weights, self.counts, strict=True)
        )
        if "roc_auc" in names:
            false, true = self.counts
            better = weights[1] @ (np.cumsum(true, axis=1) - true / 2)
            area = np.einsum("ij,ij->i", weights[0] @ false, better)
            values["roc_auc"] = area / (negatives * positives)
        if "average_precision" in names:
            values["average_precision"] = self._average_precision(weights) / positives
        if not set(names) <= set(RANKING):
            values |= self._linear_metrics(weights, negatives, positives)
        return {name: values[name] for name in names}

    def _average_precision(self, weights: Sequence[Floats]) -> Floats:
        """Return the precision summed over the positives, in order of falling score."""
        false, true = (weight @ np.cumsum(counts, axis=1) for weight, counts in zip(weights, self.counts, strict=True))
        false += true
        np.divide(true, false, out=false, where=false > 0)
        total: Floats = np.einsum("ij,ij->i", np.diff(true, axis=1, prepend=0), false)
        return total

    def _linear_metrics(
        self, weights: Sequence[Floats], negatives: Floats, positives: Floats
    ) -> dict[MetricName, Floats]:
        """Return the metrics that follow from sums over rows."""
        of_negatives, of_positives = (weight @ table for weight, table in zip(weights, self.linear, strict=True))
        rows = negatives + positives
        loss, square = (of_negatives[:, i] + of_positives[:, i] for i in (0, 1))
        false_positive, true_positive = of_negatives[:, 2], of_positives[:, 2]
        predicted = false_positive + true_positive
        return {
            "log_loss": loss / rows,
            "brier": square / rows,
            "accuracy": (true_positive + negatives - false_positive) / rows,
            "precision": true_positive / np.maximum(predicted, 1),
            "recall": true_positive / positives,
            "f1": 2 * true_positive / (predicted + positives),
        }
