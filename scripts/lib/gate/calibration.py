"""Calibration, whether rows with a score of 0.8 turn out positive eight times in ten.

Both numbers come from a logistic regression of the target on the score's logit: the slope is 1 for a calibrated model
and below 1 for an overconfident one; the intercept, fitted with the slope held at 1, is 0 when the scores' mean is
right and below 0 when they are too high. Source: Van Calster and others, BMC Medicine 17 (2019), 230.
"""

import numpy as np

from scripts.lib.gate.arrays import Floats
from scripts.lib.gate.influence import Influence, effective_rows, undefined
from scripts.lib.gate.predictions import Predictions

# Scores of 0 and 1 have no logit; nearer to them than this, a float32 score says nothing more.
NEAREST = float(np.finfo(np.float32).eps)
STEPS, CLOSE = 50, 1e-9


def calibration_slope(given: Predictions) -> Influence:
    """Return the slope; undefined where the scores separate the classes."""
    logit = _logit(given.score)
    return _fit(given, np.stack([logit, np.ones_like(logit)]), np.zeros_like(logit))


def calibration_intercept(given: Predictions) -> Influence:
    """Return the intercept at slope 1."""
    logit = _logit(given.score)
    return _fit(given, np.ones((1, len(logit))), logit)


def _logit(score: Floats) -> Floats:
    inside = np.clip(score, NEAREST, 1 - NEAREST)
    logit: Floats = np.log(inside / (1 - inside))
    return logit


def _fit(given: Predictions, design: Floats, offset: Floats) -> Influence:
    """Fit by Newton's method and return the first coefficient.

    ``design`` has shape (coefficients, rows). A step that would make the fit worse is halved.
    """
    share = given.weight / given.total
    share_of_positives = share * given.target
    coefficients, step, best = np.zeros(len(design)), np.zeros(len(design)), np.inf
    for _ in range(STEPS):
        linear = (coefficients + step) @ design + offset
        # The mean log loss, with no exponential of a large number.
        loss = float(share @ (np.maximum(linear, 0) + np.log1p(np.exp(-np.abs(linear)))) - share_of_positives @ linear)
        if loss > best and np.abs(step).max() > CLOSE:
            step = step / 2
            continue
        coefficients, best = coefficients + step, loss
        probability = 1 / (1 + np.exp(-np.clip(linear, -700, 700)))
        called = share * probability
        residual = share_of_positives - called
        information = (design * (called * (1 - probability))) @ design.T
        if loss < CLOSE or np.linalg.cond(information) > 1 / np.finfo(np.float64).eps:
            break
        inverse = np.linalg.inv(information)
        if np.abs(step).max() < CLOSE and np.abs(inverse @ (design @ residual)).max() < CLOSE:
            rows = effective_rows(given.weight)
            return Influence(float(coefficients[0]), (inverse[0] @ design) * residual, rows)
        step = inverse @ (design @ residual)
    return undefined(len(given.target))
