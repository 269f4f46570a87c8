"""What acting on the scores is worth at each threshold, beside acting on everyone and on no one.

The net benefit counts true positives less false positives, each of those at the odds of the threshold, by row; acting
on no one has 0. Source: Vickers and Elkin, Medical Decision Making 26 (2006), 565-574.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.arrays import Array, Floats

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class CurvePoint:
    """Net benefits by row at one threshold."""

    threshold: float
    candidate: float
    champion: float | None
    everyone: float


def decision_curve(
    target: Array, candidate: Floats, champion: Floats | None, threshold: float, weight: Floats
) -> tuple[CurvePoint, ...]:
    """Return the curve at steps of 0.05 and at the gate's own ``threshold``."""
    thresholds = np.array(sorted({*THRESHOLDS, threshold}))
    everyone = _net_benefits(target, np.ones(len(target)), thresholds, weight)
    ours = _net_benefits(target, candidate, thresholds, weight)
    theirs = None if champion is None else _net_benefits(target, champion, thresholds, weight)
    return tuple(
        CurvePoint(
            float(at), float(ours[place]), None if theirs is None else float(theirs[place]), float(everyone[place])
        )
        for place, at in enumerate(thresholds)
    )


def _net_benefits(target: Array, scores: Floats, thresholds: Floats, weight: Floats) -> Floats:
    """Return the net benefit of acting on scores at or above each of the rising ``thresholds``."""
    reached = np.searchsorted(thresholds, scores, side="right")
    # Of rows that reach at least so many thresholds: the weight of positives, and of all.
    counted = (np.bincount(reached, each, len(thresholds) + 1) for each in (weight * target, weight))
    true, called = (np.cumsum(each[::-1])[::-1][1:] for each in counted)
    benefits: Floats = (true - (called - true) * thresholds / (1 - thresholds)) / weight.sum()
    return benefits
