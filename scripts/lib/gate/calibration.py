"""Calibration, whether rows with a score of 0.8 turn out positive eight times in ten.

Both numbers come from a logistic regression of the target on the score's logit: the slope is 1 for a calibrated model
and below 1 for an overconfident one; the intercept, fitted with the slope held at 1, is 0 when the scores' mean is
right and below 0 when they are too high. Source: Van Calster and others, BMC Medicine 17 (2019), 230.
"""

import numpy as np

from scripts.lib.gate.metrics import Floats, Integers

# Scores of 0 and 1 have no logit; nearer to them than this, a float32 score says nothing more.
NEAREST = float(np.finfo(np.float32).eps)
STEPS, CLOSE = 50, 1e-10


def calibration_slope(target: Integers, score: Floats) -> tuple[float, Floats]:
    """Return the slope and its derivative by each row's weight; NaN where the scores separate the classes."""
    logit = _logit(score)
    return _fit(target, np.stack([logit, np.ones_like(logit)], 1), np.zeros_like(logit), np.array([1.0, 0.0]))


def calibration_intercept(target: Integers, score: Floats) -> tuple[float, Floats]:
    """Return the intercept at slope 1 and its derivative by each row's weight."""
    logit = _logit(score)
    return _fit(target, np.ones((len(logit), 1)), logit, np.zeros(1))


def _logit(score: Floats) -> Floats:
    inside = np.clip(score, NEAREST, 1 - NEAREST)
    logit: Floats = np.log(inside / (1 - inside))
    return logit


def _fit(target: Integers, design: Floats, offset: Floats, start: Floats) -> tuple[float, Floats]:
    """Fit by Newton's method and return the first coefficient with its derivatives."""
    undefined = np.nan, np.zeros(len(target))
    coefficients = start
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-np.clip(design @ coefficients + offset, -700, 700)))
        residual = target - probability
        information = (design * (probability * (1 - probability))[:, None]).T @ design
        if np.linalg.cond(information) > 1 / np.finfo(np.float64).eps:
            return undefined
        inverse = np.linalg.inv(information)
        step = inverse @ (design.T @ residual)
        coefficients = coefficients + step
        if np.abs(step).max() < CLOSE:
            return float(coefficients[0]), (design * residual[:, None]) @ inverse[0]
    return undefined
