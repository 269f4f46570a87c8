"""Metrics of predicted classes and of their probabilities, for two classes and for several."""

import numpy as np

from scripts.lib.gate.arrays import Booleans, Floats
from scripts.lib.gate.influence import Influence, average, mean, ratio
from scripts.lib.gate.predictions import Predictions, is_class

_NEAREST = float(np.finfo(np.float64).eps)


def roc_auc(given: Predictions) -> Influence:
    """Return the area under the ROC curve of class 1."""
    return given.ranked.roc_auc()


def average_precision(given: Predictions) -> Influence:
    """Return the mean over positives of the precision at their score."""
    return given.ranked.average_precision()


def accuracy(given: Predictions) -> Influence:
    """Return the share of rows that are predicted to have the class that they have."""
    return mean(1.0 * (given.called == given.target), given.weight)


def precision(given: Predictions) -> Influence:
    """Return the share of positives among those predicted positive; 0 where none is."""
    return _precision(given, 1)


def recall(given: Predictions) -> Influence:
    """Return the share of those predicted positive among positives."""
    return _recall(given, 1)


def f1(given: Predictions) -> Influence:
    """Return the harmonic mean of precision and recall."""
    return _f1(given, 1)


def macro_precision(given: Predictions) -> Influence:
    """Return the mean over classes of each one's precision."""
    return average([_precision(given, label) for label in given.labels])


def macro_recall(given: Predictions) -> Influence:
    """Return the mean over classes of each one's recall, which is also called balanced accuracy."""
    return average([_recall(given, label) for label in given.labels])


def macro_f1(given: Predictions) -> Influence:
    """Return the mean over classes of each one's F1."""
    return average([_f1(given, label) for label in given.labels])


def macro_roc_auc(given: Predictions) -> Influence:
    """Return the mean over classes of the area under the ROC curve of that class against the rest."""
    return average([given.one_against_rest(label).roc_auc() for label in given.labels])


def log_loss(given: Predictions) -> Influence:
    """Return the mean of minus the logarithm of the probability that the row's own class was given."""
    return mean(-np.log(np.clip(_of_own_class(given), _NEAREST, 1 - _NEAREST)), given.weight)


def brier(given: Predictions) -> Influence:
    """Return the mean squared error of the probability of class 1, or the sum of those of several classes."""
    if given.score.ndim == 1:
        return mean((given.score - given.target) ** 2, given.weight)
    right = np.arange(given.score.shape[1]) == given.target[:, None]
    return mean(((given.score - right) ** 2).sum(axis=1), given.weight)


def no_roc_auc(given: Predictions) -> Influence:
    """Return the area that the same score for every row has."""
    return Influence(0.5, np.zeros(len(given.target)), 0)


def no_average_precision(given: Predictions) -> Influence:
    """Return the average precision that the same score for every row has: the share of positives."""
    return mean(1.0 * (given.target == 1), given.weight)


def no_log_loss(given: Predictions) -> Influence:
    """Return the log loss of the classes' shares as the probabilities of every row."""
    shares = given.shares()
    of_class = -np.log(np.where(shares > 0, shares, 1.0))
    return mean(of_class[given.target.astype(np.int64)], given.weight)


def no_brier(given: Predictions) -> Influence:
    """Return the Brier score of the classes' shares as the probabilities of every row."""
    shares = given.shares()
    squares = float(shares @ shares)
    found = mean(shares[given.target.astype(np.int64)], given.weight)
    # 1 less the sum of the squared shares, of two classes the half of it.
    scale = 0.5 if given.score.ndim == 1 else 1.0
    return Influence(scale * (1 - squares), -2 * scale * found.derivative, found.trials)


def _precision(given: Predictions, label: int) -> Influence:
    called, right = _called_and_right(given, label)
    return ratio(1.0 * right, 1.0 * called, given.weight)


def _recall(given: Predictions, label: int) -> Influence:
    _, right = _called_and_right(given, label)
    return ratio(1.0 * right, 1.0 * is_class(given, label), given.weight)


def _f1(given: Predictions, label: int) -> Influence:
    called, right = _called_and_right(given, label)
    return ratio(2.0 * right, 1.0 * is_class(given, label) + called, given.weight)


def _called_and_right(given: Predictions, label: int) -> tuple[Booleans, Booleans]:
    called: Booleans = given.called == label
    return called, called & is_class(given, label)


def _of_own_class(given: Predictions) -> Floats:
    if given.score.ndim == 1:
        own: Floats = np.where(given.target == 1, given.score, 1 - given.score)
    else:
        own = given.score[np.arange(len(given.target)), given.target.astype(np.int64)]
    return own
