"""What one side predicts for some rows, beside what came true: the input of every metric."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scripts.lib.gate.arrays import Array, Booleans, Floats, Integers
from scripts.lib.gate.ranking import Ranked


@dataclass(frozen=True)
class Predictions:
    """Labels, predictions and weights of some rows.

    ``target`` has shape (rows,): the number of the class, or the number to predict. ``score`` holds the probability of
    class 1 or the predicted number, shape (rows,), or of several classes the probability of each, shape (rows,
    classes). Of two classes, a row counts as predicted positive at or above ``threshold``.
    ``order`` is that of falling score, where it is known already.
    """

    target: Array
    score: Floats
    weight: Floats
    threshold: float = 0.5
    order: Integers | None = None

    @property
    def total(self) -> float:
        """Return the sum of the weights."""
        return float(self.weight.sum())

    @cached_property
    def called(self) -> Integers:
        """Return the class that each row is predicted to have; of several the most probable, the first of equals."""
        if self.score.ndim == 1:
            return (self.score >= self.threshold).astype(np.int64)
        most: Integers = np.argmax(self.score, axis=1).astype(np.int64)
        return most

    @cached_property
    def ranked(self) -> Ranked:
        """Return the rows of two classes in order of falling score."""
        return Ranked(self.target == 1, self.score, self.weight, self.order)

    def one_against_rest(self, label: int) -> Ranked:
        """Return the rows in order of falling probability of class ``label``."""
        return Ranked(self.target == label, self.score[:, label], self.weight)

    @property
    def labels(self) -> range:
        """Return the numbers of the classes."""
        return range(2 if self.score.ndim == 1 else self.score.shape[1])

    def shares(self) -> Floats:
        """Return the share of each class among the rows, by weight."""
        counts = np.bincount(self.target.astype(np.int64), self.weight, minlength=len(self.labels))
        shares: Floats = counts / self.total
        return shares


def is_class(predictions: Predictions, label: int) -> Booleans:
    """Return which rows have class ``label``."""
    chosen: Booleans = predictions.target == label
    return chosen
