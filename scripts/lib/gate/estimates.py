"""A metric, or a difference of metrics, as estimated from judged rows, with all that its bounds need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.gate.influence import Influence, influences, no_information
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.metrics import LOWER_IS_BETTER, Booleans, Floats, Integers, MetricName


@dataclass(frozen=True)
class Estimate:
    """A ``value``, and by how much each independent unit (a row, or a group of rows) moves it, shape (units,).

    ``rarer_class`` is the number of units of the class that has fewer; ``trials``, ``bias`` and ``shape`` are those
    of the influence. ``training`` holds, for each side whose training was repeated, the variance of the value from
    run to run and its degrees of freedom.
    """

    value: float
    by_unit: Floats
    rarer_class: int
    trials: int = 0
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

    def minus(self, other: "Estimate", share: float = 1.0) -> "Estimate":
        """Return this less ``share`` times ``other``, paired unit by unit."""
        training = (*self.training, *((share**2 * variance, freedom) for variance, freedom in other.training))
        return Estimate(
            value=self.value - share * other.value,
            by_unit=self.by_unit - share * other.by_unit,
            rarer_class=self.rarer_class,
            training=training,
        )


class Sample:
    """Some of the ``judged_rows``, and the estimates of each side on them."""

    def __init__(self, rows: JudgedRows, threshold: float, chosen: Booleans | None = None) -> None:
        self._chosen = slice(None) if chosen is None else chosen
        self._threshold = threshold
        self.judged_rows = len(rows.row)
        self.target: Integers = rows.target[self._chosen]
        self._unit: Integers | None = None
        if rows.group is not None:
            self._unit = np.unique(rows.group[self._chosen], return_inverse=True)[1]

    @property
    def rows(self) -> int:
        """Return how many rows these are."""
        return len(self.target)

    @cached_property
    def rarer_class(self) -> int:
        """Return how many independent units (rows, or groups) hold the class that fewer hold."""
        counts = []
        for label in (0, 1):
            of_class = self.target == label
            counts.append(np.count_nonzero(of_class) if self._unit is None else len(np.unique(self._unit[of_class])))
        return int(min(counts))

    def estimates(self, scored: Scored, names: Collection[MetricName]) -> dict[MetricName, Estimate]:
        """Estimate each metric of one side."""
        first = influences(self.target, scored.scores[self._chosen], self._threshold, names)
        others = [influences(self.target, repeat[self._chosen], self._threshold, names) for repeat in scored.repeats]
        return {name: self._estimate(first[name], [other[name].value for other in others]) for name in names}

    def advantage(self, name: MetricName, estimate: Estimate) -> Estimate:
        """Return by how much a side is better than a score that says the same of every row."""
        nothing = self._estimate(no_information(name, self.target), [])
        return nothing.minus(estimate) if name in LOWER_IS_BETTER else estimate.minus(nothing)

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
