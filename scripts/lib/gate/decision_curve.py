"""What acting on the scores is worth at each threshold, beside acting on everyone and on no one.

The net benefit counts true positives less false positives, each of those at the odds of the threshold, by row; acting
on no one has 0. Source: Vickers and Elkin, Medical Decision Making 26 (2006), 565-574.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.metrics import Floats, Integers

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class CurvePoint:
    """Net benefits by row at one threshold."""

    threshold: float
    candidate: float
    champion: float | None
    everyone: float


def decision_curve(
    target: Integers, candidate: Floats, champion: Floats | None, threshold: float
) -> tuple[CurvePoint, ...]:
    """Return the curve at steps of 0.05 and at the gate's own ``threshold``."""
    return tuple(
        CurvePoint(
            at,
            _net_benefit(target, candidate >= at, at),
            None if champion is None else _net_benefit(target, champion >= at, at),
            _net_benefit(target, np.ones(len(target), dtype=np.bool_), at),
        )
        for at in sorted({*THRESHOLDS, threshold})
    )


def _net_benefit(target: Integers, called: np.ndarray, threshold: float) -> float:
    true = np.count_nonzero(called & (target == 1))
    false = np.count_nonzero(called) - true
    return float((true - false * threshold / (1 - threshold)) / len(target))
