"""Calibration, whether rows with a score of 0.8 turn out positive eight times in ten.

Both numbers come from a logistic regression of the target on the score's logit: the slope is 1 for a calibrated model
and below 1 for an overconfident one; the intercept, fitted with the slope held at 1, is 0 when the scores' mean is
right and below 0 when they are too high. Source: Van Calster and others, BMC Medicine 17 (2019), 230.
"""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.arrays import Array, Floats
from scripts.lib.gate.influence import Influence, effective_rows, undefined
from scripts.lib.gate.predictions import Predictions

# Scores of 0 and 1 have no logit; nearer to them than this, a float32 score says nothing more.
NEAREST = float(np.finfo(np.float32).eps)
STEPS, CLOSE = 50, 1e-9
# Of a mean loss over any number of rows.
ROUNDING = 1e-13
# So many rows at a time stay in the processor's cache, and are too few for it to start threads.
BLOCK = 1 << 13
# More rows than these are first fitted by about half as many, evenly taken.
MANY = 1 << 18


def calibration_slope(given: Predictions) -> Influence:
    """Return the slope; undefined where the scores separate the classes."""
    return _fitted(given, with_slope=True)


def calibration_intercept(given: Predictions) -> Influence:
    """Return the intercept at slope 1."""
    return _fitted(given, with_slope=False)


def _fitted(given: Predictions, with_slope: bool) -> Influence:
    """Return the first coefficient, and how each row moves it."""
    rows = len(given.target)
    regression = _Regression(given.target, _logit(given.score), given.weight / given.total, with_slope)
    start = np.zeros(regression.coefficients)
    if rows > MANY and (coarse := regression.every(2 * rows // MANY).solved(start)):
        start = coarse[0]
    found = regression.solved(start)
    if found is None:
        return undefined(rows)
    coefficients, inverse = found
    return Influence(
        float(coefficients[0]), regression.derivative(coefficients, inverse[0]), effective_rows(given.weight)
    )


def _logit(score: Floats) -> Floats:
    inside = np.clip(score, NEAREST, 1 - NEAREST)
    logit: Floats = np.log(inside / (1 - inside))
    return logit


@dataclass(frozen=True)
class _Regression:
    """Targets on logits, by the ``share`` of each row: a slope and an intercept, or an intercept at slope 1."""

    target: Array
    logit: Floats
    share: Floats
    with_slope: bool

    @property
    def coefficients(self) -> int:
        """Return how many coefficients there are."""
        return 2 if self.with_slope else 1

    def every(self, step: int) -> "_Regression":
        """Return the regression of each so-many-th row."""
        share = self.share[::step]
        return _Regression(self.target[::step], self.logit[::step], share / share.sum(), self.with_slope)

    def solved(self, start: Floats) -> tuple[Floats, Floats] | None:
        """Fit by Newton's method from ``start``; return coefficients and inverse information, None where it fails.

        A step that would make the fit worse is halved.
        """
        coefficients, step, best = start, np.zeros_like(start), np.inf
        for _ in range(STEPS):
            loss, gradient, information = self._sums(coefficients + step)
            if loss > best + ROUNDING and np.abs(step).max() > CLOSE:
                step = step / 2
                continue
            coefficients, best = coefficients + step, loss
            if loss < CLOSE or np.linalg.cond(information) > 1 / np.finfo(np.float64).eps:
                return None
            inverse: Floats = np.linalg.inv(information).astype(np.float64)
            towards = inverse @ gradient
            if np.abs(step).max() < CLOSE and np.abs(towards).max() < CLOSE:
                return coefficients, inverse
            step = towards
        return None

    def derivative(self, coefficients: Floats, direction: Floats) -> Floats:
        """Return by how much each row moves the coefficient that ``direction`` is the row of the inverse of."""
        derivative = np.empty(len(self.target))
        for block in self._blocks():
            design, offset = self._design(block)
            _, residual = self._called(block, coefficients @ design + offset)
            derivative[block] = (direction @ design) * residual
        return derivative

    def _sums(self, coefficients: Floats) -> tuple[float, Floats, Floats]:
        """Return the mean log loss, its falling gradient, and the information."""
        loss, gradient = 0.0, np.zeros(len(coefficients))
        information = np.zeros((len(coefficients), len(coefficients)))
        for block in self._blocks():
            design, offset = self._design(block)
            linear = coefficients @ design + offset
            share = self.share[block]
            # With no exponential of a large number.
            losses = np.maximum(linear, 0) + np.log1p(np.exp(-np.abs(linear)))
            loss += float(share @ losses - (share * self.target[block]) @ linear)
            spread, residual = self._called(block, linear)
            gradient += design @ residual
            information += (design * spread) @ design.T
        return loss, gradient, information

    def _called(self, block: slice, linear: Floats) -> tuple[Floats, Floats]:
        """Return the variance of each row's target under the fit, and how far the fit is from it, by share."""
        probability = 1 / (1 + np.exp(-np.clip(linear, -700, 700)))
        share = self.share[block]
        called = share * probability
        return called * (1 - probability), share * self.target[block] - called

    def _design(self, block: slice) -> tuple[Floats, Floats | float]:
        logit = self.logit[block]
        if self.with_slope:
            return np.stack([logit, np.ones_like(logit)]), 0.0
        return np.ones((1, len(logit))), logit

    def _blocks(self) -> list[slice]:
        return [slice(first, first + BLOCK) for first in range(0, len(self.target), BLOCK)]
