"""What acting on the scores is worth at each threshold, beside acting on everyone and on no one.

The net benefit counts true positives less false positives, each of those at the odds of the threshold, by row; acting
on no one has 0. Source: Vickers and Elkin, Medical Decision Making 26 (2006), 565-574.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.arrays import Array, Booleans, Floats

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
    everyone = np.ones(len(target), dtype=np.bool_)

    def net_benefit(called: Booleans, at: float) -> float:
        true = weight @ (called & (target == 1))
        false = weight @ called - true
        return float((true - false * at / (1 - at)) / weight.sum())

    return tuple(
        CurvePoint(
            at,
            net_benefit(candidate >= at, at),
            None if champion is None else net_benefit(champion >= at, at),
            net_benefit(everyone, at),
        )
        for at in sorted({*THRESHOLDS, threshold})
    )
