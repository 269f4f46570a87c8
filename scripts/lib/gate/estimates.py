"""A metric, or a difference of metrics, as estimated from judged rows, with all that its bounds need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scripts.lib.gate.arrays import Array, Booleans, Floats, Integers
from scripts.lib.gate.influence import Influence
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.metrics import Metric, MetricName
from scripts.lib.gate.predictions import Predictions
from scripts.lib.gate.ranking import among

# More rows than these share units.
MOST_UNITS = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """A ``value``, and by how much each independent unit (a row, or rows together) moves it, shape (units,).

    ``rarer_class`` is the number of units of the class that has fewest, of all where there are no classes;
    ``trials``, ``bias`` and ``shape`` are those of the influence. ``training`` holds, for each side whose training was
    repeated, the variance of the value from run to run and its degrees of freedom.
    """

    value: float
    by_unit: Floats
    rarer_class: int
    trials: float = 0
    bias: float = 0.0
    shape: float = 1.0
    training: tuple[tuple[float, int], ...] = ()

    @property
    def variance(self) -> float:
        """Return the variance over new samples of units."""
        units = len(self.by_unit)
        return float(self.by_unit @ self.by_unit) * units / max(units - 1, 1)

    @property
    def skewness(self) -> float:
        """Return the skewness over new samples of units, to first order."""
        squares = float(self.by_unit @ self.by_unit)
        return float((self.by_unit * self.by_unit) @ self.by_unit / squares**1.5) if squares > 0 else 0.0

    @property
    def freedom(self) -> float:
        """Return the degrees of freedom of the variance: few where a few units make most of it."""
        squares = self.by_unit * self.by_unit
        total = float(squares.sum())
        beyond = float(squares @ squares) - total**2 / len(squares)
        return max(2 * total**2 / beyond, 1.0) if beyond > 0 else np.inf

    def minus(self, other: "Estimate", share: float = 1.0) -> "Estimate":
        """Return this less ``share`` times ``other``, paired unit by unit."""
        training = (*self.training, *((share**2 * variance, freedom) for variance, freedom in other.training))
        return Estimate(
            value=self.value - share * other.value,
            by_unit=self.by_unit - share * other.by_unit,
            rarer_class=self.rarer_class,
            training=training,
        )


def _thrown_together(rows: int) -> Integers:
    """Return a unit for each of many rows, by chance and always the same.

    Sums of independent derivatives have the sum of their variances, and of their third moments. So nothing changes but
    by chance, less than one part in a thousand, and what is kept of a metric does not grow with the rows.
    """
    unit: Integers = np.random.default_rng(0).integers(0, MOST_UNITS, rows, dtype=np.int32)
    return unit


class Sample:
    """Some of the judged ``rows``, and the estimates of each side on them."""

    def __init__(self, rows: JudgedRows, threshold: float | None, chosen: Booleans | None = None) -> None:
        self._chosen, self._part = slice(None) if chosen is None else chosen, chosen
        self._threshold = 0.5 if threshold is None else threshold
        self._predicted = rows.predicted
        self.judged_rows = len(rows.row)
        self.target: Array = rows.target[self._chosen]
        self.weight: Floats = np.ones(len(self.target)) if rows.weight is None else rows.weight[self._chosen]
        # The unit of each row, None where that is the row; and the group, None where rows are independent.
        self._group: Integers | None = None
        if rows.group is not None:
            self._group = np.unique(rows.group[self._chosen], return_inverse=True)[1]
        self._unit = self._group
        if self._group is None and len(self.target) > MOST_UNITS:
            self._unit = _thrown_together(len(self.target))

    @property
    def rows(self) -> int:
        """Return how many rows these are."""
        return len(self.target)

    @property
    def units(self) -> int:
        """Return how many rows, or groups of rows, are independent of each other."""
        return self._units(np.ones(self.rows, dtype=np.bool_))

    @cached_property
    def rarer_class(self) -> int:
        """Return how many independent units (rows, or groups) hold the class that fewest hold; all, without classes."""
        if not self._predicted.classes:
            return self.units
        return min(self._units(self.target == label) for label in range(len(self._predicted.classes)))

    def estimates(self, scored: Scored, metrics: Collection[Metric]) -> dict[MetricName, Estimate]:
        """Estimate each metric of one side."""
        if not metrics:
            return {}
        first, *others = (self._predictions(score) for score in (scored.scores, *scored.repeats))
        if scored.scores.ndim == 1 and self._predicted.classes:
            order = scored.falling if self._part is None else among(scored.falling, self._part)
            first = replace(first, order=order)
        return {
            metric.name: self._estimate(metric.influence(first), [metric.influence(repeat).value for repeat in others])
            for metric in metrics
        }

    def advantage(self, metric: Metric, estimate: Estimate, scored: Scored) -> Estimate:
        """Return by how much a side is better than a score that says the same of every row."""
        assert metric.no_information is not None
        nothing = self._estimate(metric.no_information(self._predictions(scored.scores)), [])
        return nothing.minus(estimate) if metric.lower_is_better else estimate.minus(nothing)

    def _predictions(self, scores: Floats) -> Predictions:
        return Predictions(self.target, scores[self._chosen], self.weight, self._threshold)

    def _units(self, rows: Booleans) -> int:
        return int(np.count_nonzero(rows) if self._group is None else len(np.unique(self._group[rows])))

    def _estimate(self, found: Influence, repeats: Sequence[float]) -> Estimate:
        by_unit: Floats = found.derivative
        if self._unit is not None:
            by_unit = np.bincount(self._unit, found.derivative).astype(np.float64)
        values = [found.value, *repeats]
        training = ((float(np.var(values, ddof=1)), len(repeats)),) if repeats else ()
        return Estimate(
            value=found.value,
            by_unit=by_unit,
            rarer_class=self.rarer_class,
            trials=found.trials,
            bias=found.bias,
            shape=found.shape,
            training=training,
        )
