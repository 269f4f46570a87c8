"""Metrics of predicted numbers."""

import numpy as np

from scripts.lib.gate.arrays import Floats
from scripts.lib.gate.influence import Influence, effective_rows, mean, undefined
from scripts.lib.gate.predictions import Predictions


def mae(given: Predictions) -> Influence:
    """Return the mean absolute error."""
    return mean(np.abs(_errors(given)), given.weight)


def rmse(given: Predictions) -> Influence:
    """Return the square root of the mean squared error."""
    return _root(mean(_errors(given) ** 2, given.weight))


def r2(given: Predictions) -> Influence:
    """Return the share of the target's variance that is predicted; undefined where the target is constant."""
    errors, spread = mean(_errors(given) ** 2, given.weight), _variance(given)
    if not spread.value:
        return undefined(len(given.target))
    left = errors.value / spread.value
    derivative = -(errors.derivative - left * spread.derivative) / spread.value
    return Influence(1 - left, derivative, errors.trials)


def mean_bias(given: Predictions) -> Influence:
    """Return by how much the predictions exceed the target, on average."""
    return mean(_errors(given), given.weight)


def median_absolute_error(given: Predictions) -> Influence:
    """Return the median of the absolute errors, by weight.

    The density at the median, which its variance needs, is that between the quantiles one standard error of a share
    below and above it. Source: Woodruff, Journal of the American Statistical Association 47 (1952), 635-646.
    """
    errors = np.abs(_errors(given))
    order = np.argsort(errors, kind="stable")
    rising, weight = errors[order], given.weight[order]
    value = _median(rising, weight)
    rows = effective_rows(weight)
    reach = 1 / np.sqrt(rows)
    low, high = np.interp([0.5 - reach, 0.5 + reach], (np.cumsum(weight) - weight / 2) / given.total, rising)
    above: Floats = (errors > value).astype(np.float64)
    return Influence(value, mean(above, given.weight).derivative * (high - low) / (2 * reach), rows)


def no_mae(given: Predictions) -> Influence:
    """Return the mean absolute error of the median as the prediction for every row."""
    order = np.argsort(given.target, kind="stable")
    distance: Floats = np.abs(given.target - _median(given.target[order], given.weight[order]))
    return mean(distance, given.weight)


def no_rmse(given: Predictions) -> Influence:
    """Return the root mean squared error of the mean as the prediction for every row."""
    return _root(_variance(given))


def no_r2(given: Predictions) -> Influence:
    """Return the share of variance that the mean predicts, which is none."""
    return Influence(0.0, np.zeros(len(given.target)), 0)


def _errors(given: Predictions) -> Floats:
    errors: Floats = given.score - given.target
    return errors


def _median(rising: Floats, weight: Floats) -> float:
    """Return the first number that half of the weight does not exceed, or the middle of the two that share the half."""
    until = np.cumsum(weight)
    places = (np.searchsorted(until, until[-1] / 2, side) for side in ("left", "right"))
    return float(np.mean([rising[min(place, len(rising) - 1)] for place in places]))


def _variance(given: Predictions) -> Influence:
    middle = float(given.weight @ given.target) / given.total
    squares: Floats = (given.target - middle) ** 2
    return mean(squares, given.weight)


def _root(squares: Influence) -> Influence:
    value = float(np.sqrt(squares.value))
    derivative = squares.derivative / (2 * value) if value else squares.derivative
    return Influence(value, derivative, squares.trials)
