"""The two one-sided bounds of a metric or a difference, chosen by how often they hold; docs/gate_coverage.md."""

import math

import numpy as np

from scripts.lib.gate.estimates import Estimate
from scripts.lib.gate.metrics import CALIBRATION, LOWER_IS_BETTER, MetricName
from scripts.lib.gate.verdict import Interval

# A rule should be decided nine times in ten at the number of rows that a sentence names.
CHANCE_TO_DECIDE = 0.9
OUT_OF_REACH = 1000


def metric_bounds(name: MetricName, estimate: Estimate, confidence: float) -> Interval | None:
    """Return the bounds of one side's metric; None where these rows do not define it.

    Shares between 0 and 1 have Wilson's bounds, on as many trials as give the variance of the estimate; means of
    losses and calibration have bounds corrected for skewness.
    """
    if math.isnan(estimate.value):
        return None
    if name in LOWER_IS_BETTER or name in CALIBRATION:
        return mean_bounds(estimate, confidence)
    return _share_bounds(estimate, confidence)


def mean_bounds(estimate: Estimate, confidence: float) -> Interval:
    """Return the bounds of a mean or a difference: normal, corrected for skewness.

    Source: Hall, On the Removal of Skewness by Transformation, Journal of the Royal Statistical Society B 54 (1992).
    """
    reach, error = _reach(estimate, confidence)
    # Training adds its variance, and no skewness.
    skewness = estimate.skewness * (estimate.variance / error**2) ** 1.5 if error else 0.0
    lower, upper = (_studentised(side * reach, skewness) for side in (1, -1))
    return Interval(estimate.value - error * lower, estimate.value - error * upper)


def _studentised(normal: float, skewness: float) -> float:
    """Return the point of a studentised mean that has the probability of ``normal`` in a normal distribution."""
    if abs(skewness) < 1e-9:
        return normal
    return 3 * (float(np.cbrt(1 + skewness * (normal - skewness / 6))) - 1) / skewness


def _share_bounds(estimate: Estimate, confidence: float) -> Interval:
    reach, error = _reach(estimate, confidence)
    value = min(max(estimate.value, 0.0), 1.0)
    trials = value * (1 - value) / error**2 if error else float(estimate.trials)
    if not trials:
        return Interval(0.0, 1.0)
    square = reach**2 / trials
    centre = (value + square / 2) / (1 + square)
    half = math.sqrt(value * (1 - value) * square + square**2 / 4) / (1 + square)
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))


def _reach(estimate: Estimate, confidence: float) -> tuple[float, float]:
    """Return the quantile and the standard error, in which rows and training count.

    The few runs that tell what training varies widen the quantile (Satterthwaite's degrees of freedom).
    """
    from scipy.special import ndtri, stdtrit

    variance = estimate.variance
    total = variance + sum(training for training, _ in estimate.training)
    doubt = sum(training**2 / freedom for training, freedom in estimate.training)
    quantile = stdtrit(total**2 / doubt, confidence) if doubt > 0 else ndtri(confidence)
    return float(quantile), math.sqrt(total)


def rows_to_decide(estimate: Estimate, limit: float, confidence: float, judged_rows: int) -> int | None:
    """Return at how many judged rows, in place of ``judged_rows``, a bound would clear ``limit``.

    The value is taken to stay what it is. None where no number in reach would: the value lies on the limit, or
    training varies too much.
    """
    from scipy.special import ndtri

    distance = abs(estimate.value - limit)
    needed = float(ndtri(confidence) + ndtri(CHANCE_TO_DECIDE))
    room = (distance / needed) ** 2 - sum(variance for variance, _ in estimate.training)
    if not room > 0 or (factor := estimate.variance / room) > OUT_OF_REACH:
        return None
    return math.ceil(judged_rows * max(factor, 1.0))
