"""A metric's value, and how much each row moves it.

A metric is a function of the rows' weights. Its derivative by the weight of a row, the infinitesimal jackknife, says
what that row contributes, whatever the classes' shares happen to be: the variance of the metric over new samples is
the sum of the squares. Ties, rare classes and any number of rows are exact, in the time of one sort.
Source: Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), chapter 6.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.arrays import Array, Floats


@dataclass(frozen=True)
class Influence:
    """A metric's ``value`` and its derivative by a relative change of each row's weight, shape (rows,).

    The derivatives add up to zero. ``trials`` is the number of rows that the metric is a share of, for bounds where the
    derivatives are all zero. ``bias`` is by how much the value exceeds that of endless rows, on average. ``shape`` says
    how the variance falls as a share nears 0 or 1: like (share (1 - share)) to that power. NaN as value: the rows do
    not define the metric.
    """

    value: float
    derivative: Floats
    trials: float
    bias: float = 0.0
    shape: float = 1.0


def undefined(rows: int) -> Influence:
    """Return the influence of a metric that the rows do not define."""
    return Influence(np.nan, np.zeros(rows), 0)


def mean(values: Floats, weight: Floats) -> Influence:
    """Return the weighted mean of ``values``."""
    total = float(weight.sum())
    value = float(weight @ values / total)
    return Influence(value, weight * (values - value) / total, effective_rows(weight))


def ratio(hits: Array, trials: Array, weight: Floats) -> Influence:
    """Return the weighted sum of ``hits`` over that of ``trials``; 0 where nothing was tried."""
    total = float(weight @ trials)
    if not total:
        return Influence(0.0, np.zeros(len(weight)), 0)
    value = float(weight @ hits / total)
    tried = weight[trials != 0]
    return Influence(value, weight * (hits - value * trials) / total, effective_rows(tried))


def average(parts: list[Influence]) -> Influence:
    """Return the mean of metrics of the same rows, one a class; undefined where one of them is."""
    if any(np.isnan(part.value) for part in parts):
        return undefined(len(parts[0].derivative))
    # Without any error, most is lost where the class with the fewest trials loses it.
    return Influence(
        float(np.mean([part.value for part in parts])),
        np.mean([part.derivative for part in parts], axis=0),
        len(parts) * min(part.trials for part in parts),
        shape=float(np.mean([part.shape for part in parts])),
    )


def effective_rows(weight: Floats) -> float:
    """Return how many rows of equal weight would say as much. Source: Kish, Survey Sampling (1965)."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares else 0.0
