"""The two one-sided bounds of a metric or a difference, each chosen by how often it holds; docs/gate_coverage.md.

Each variance is estimated: that of training from a few runs, that of the rows from the units of the rarer class. Both
are added. Student's quantile, with Satterthwaite's degrees of freedom, takes the place of the normal one for that.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scripts.lib.gate.estimates import Estimate
from scripts.lib.gate.metrics import Metric
from scripts.lib.gate.verdict import Interval

# A rule should be decided nine times in ten at the number of rows that a sentence names.
CHANCE_TO_DECIDE = 0.9
OUT_OF_REACH = 1000
HALVINGS = 60


def metric_bounds(metric: Metric, estimate: Estimate, confidence: float) -> Interval | None:
    """Return the bounds of one side's metric; None where these rows do not define it."""
    if math.isnan(estimate.value):
        return None
    if metric.bounds in ("mean", "mean_of_numbers"):
        freedom = math.inf if metric.bounds == "mean" else estimate.freedom
        return _skewed_bounds(estimate, confidence, freedom, 1.0)
    if metric.bounds == "root":
        return _root_bounds(estimate, confidence)
    if metric.bounds == "plain":
        return difference_bounds(metric, estimate, confidence)
    return _share_bounds(estimate, confidence, math.inf if metric.bounds == "count" else estimate.rarer_class - 1)


def difference_bounds(metric: Metric, estimate: Estimate, confidence: float) -> Interval:
    """Return the bounds of a difference of two sides' ``metric``.

    Most of the skewness of the sides cancels, and what the rows show of it is half chance: half of it is used, and
    none where a few rows that cross the threshold make the difference.
    """
    used = 0.0 if metric.bounds in ("count", "macro_count", "plain") else 0.5
    freedom = estimate.freedom if metric.bounds in ("mean_of_numbers", "root") else estimate.rarer_class - 1
    return _skewed_bounds(estimate, confidence, freedom, used)


def _root_bounds(estimate: Estimate, confidence: float) -> Interval:
    """Return the roots of the bounds of the mean square whose root ``estimate`` is."""
    slope = 2 * estimate.value
    square = replace(
        estimate,
        value=estimate.value**2,
        by_unit=slope * estimate.by_unit,
        training=tuple((slope**2 * variance, runs) for variance, runs in estimate.training),
    )
    bounds = _skewed_bounds(square, confidence, square.freedom, 1.0)
    return Interval(math.sqrt(max(bounds.lower, 0.0)), math.sqrt(max(bounds.upper, 0.0)))


def _skewed_bounds(estimate: Estimate, confidence: float, freedom: float, used: float) -> Interval:
    """Return the bounds of a mean, or what is nearly one, corrected for the share ``used`` of its skewness.

    Source: Hall, On the Removal of Skewness by Transformation, Journal of the Royal Statistical Society B 54 (1992).
    """
    reach, error = _reach(estimate, confidence, freedom)
    # Training adds its variance, and no skewness.
    skewness = used * estimate.skewness * (estimate.variance / error**2) ** 1.5 if error else 0.0
    lower, upper = (_studentised(side * reach, skewness) for side in (1, -1))
    return Interval(estimate.value - error * lower, estimate.value - error * upper)


def _studentised(normal: float, skewness: float) -> float:
    """Return the point of a studentised mean that has the probability of ``normal`` in a normal distribution."""
    if abs(skewness) < 1e-9:
        return normal
    return 3 * (float(np.cbrt(1 + skewness * (normal - skewness / 6))) - 1) / skewness


def _share_bounds(estimate: Estimate, confidence: float, freedom: float) -> Interval:
    """Return the shares between 0 and 1 from which the estimate is not too far, at the variance it would have there.

    For a share of independent rows, and shape 1, these are Wilson's bounds (Journal of the American Statistical
    Association 22, 1927). The estimate's own variance fixes the variance at its value.
    """
    reach, error = _reach(estimate, confidence, freedom)
    value, shape = min(max(estimate.value - estimate.bias, 0.0), 1.0), estimate.shape
    spread = value * (1 - value)
    if error and spread:
        scale = error**2 / spread**shape
    elif estimate.trials:
        scale, shape = 1 / estimate.trials, 1.0
    else:
        return Interval(0.0, 1.0)

    def near(share: float) -> bool:
        return bool((value - share) ** 2 <= reach**2 * scale * (share * (1 - share)) ** shape)

    return Interval(_furthest(near, value, 0.0), _furthest(near, value, 1.0))


def _furthest(near: Callable[[float], bool], start: float, end: float) -> float:
    """Return the last point from ``start`` towards ``end`` that is ``near``, by halving."""
    if start == end:
        return end
    for _ in range(HALVINGS):
        middle = (start + end) / 2
        start, end = (middle, end) if near(middle) else (start, middle)
    return start


def _reach(estimate: Estimate, confidence: float, freedom: float) -> tuple[float, float]:
    """Return the quantile and the standard error; both include what rows and what training add."""
    from scipy.special import ndtri, stdtrit

    variance = estimate.variance
    total = variance + sum(training for training, _ in estimate.training)
    doubt = variance**2 / freedom + sum(training**2 / runs for training, runs in estimate.training)
    quantile = stdtrit(total**2 / doubt, confidence) if doubt > 0 else ndtri(confidence)
    return float(quantile), math.sqrt(total)


def rows_to_decide(estimate: Estimate, limit: float, confidence: float, judged_rows: int) -> int | None:
    """Return the number of judged rows, in place of ``judged_rows``, at which a bound would clear ``limit``.

    The value is assumed to stay the same. None where no reasonable number is enough: the value lies on the limit, or
    training varies too much.
    """
    from scipy.special import ndtri

    distance = abs(estimate.value - limit)
    needed = float(ndtri(confidence) + ndtri(CHANCE_TO_DECIDE))
    room = (distance / needed) ** 2 - sum(variance for variance, _ in estimate.training)
    if not room > 0 or (factor := estimate.variance / room) > OUT_OF_REACH:
        return None
    return math.ceil(judged_rows * max(factor, 1.0))
