"""Metrics of the order in which scores put rows: the area under the ROC curve, and average precision.

The derivatives of the area are those of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), 837-845.
"""

from typing import Any

import numpy as np

from scripts.lib.gate.arrays import Booleans, Floats, Integers
from scripts.lib.gate.influence import Influence, effective_rows, undefined


def _place(rows: int) -> type[np.signedinteger[Any]]:
    """Return the type that holds the number of a row in little memory."""
    return np.int32 if rows < 2**31 else np.int64


def falling(score: Floats) -> Integers:
    """Return the rows in order of falling score, equal scores in the order that they have."""
    order: Integers = np.argsort(-score, kind="stable").astype(_place(len(score)))
    return order


def among(order: Integers, chosen: Booleans) -> Integers:
    """Return the order of the ``chosen`` rows, counted among themselves, by that of all rows."""
    place = np.cumsum(chosen, dtype=order.dtype) - 1
    kept: Integers = place[order[chosen[order]]]
    return kept


class Ranked:
    """Rows in order of falling score, equal scores together in a block; counts are sums of weights."""

    def __init__(self, positive: Booleans, score: Floats, weight: Floats, order: Integers | None = None) -> None:
        self.order = falling(score) if order is None else order
        sorted_score = score[self.order]
        self.positive, self.weight = positive[self.order], weight[self.order]
        # The last row of each block.
        self.ends = ends = np.flatnonzero(np.append(sorted_score[1:] != sorted_score[:-1], True))
        # Up to and with each block: positives, and all rows.
        self.true = np.cumsum(self.weight * self.positive)[ends]
        self.called = np.cumsum(self.weight)[ends]
        self.positives, self.negatives = self.true[-1], self.called[-1] - self.true[-1]
        self.in_block = np.diff(self.true, prepend=0.0)
        self.one_class = self.positive.all() or not self.positive.any()

    def roc_auc(self) -> Influence:
        """Return the share of pairs of a positive and a negative that are in the right order, ties as half."""
        if self.one_class:
            return undefined(len(self.order))
        false = self.called - self.true
        below = (self.negatives - false + np.diff(false, prepend=0.0) / 2) / self.negatives
        above = (self.true - self.in_block / 2) / self.positives
        area = float(self.in_block @ below / self.positives)
        derivative = self._of_rows((below - area) / self.positives, (above - area) / self.negatives)
        squares = derivative * derivative
        by_class = float(squares[self.positive].sum()), float(squares[~self.positive].sum())
        # Between two classes that vary alike, an area is like a binomial share (1); where one class has all the
        # variance, that falls faster near 1 (1.5). Found by coverage, as is the shape of average precision.
        unlike = abs(by_class[0] - by_class[1]) / sum(by_class) if sum(by_class) > 0 else 0.0
        return Influence(area, self._in_given_order(derivative), min(self._effective()), shape=float(1 + unlike / 2))

    def average_precision(self) -> Influence:
        """Return the mean over positives of the precision at their score, as scikit-learn defines it."""
        if self.one_class:
            return undefined(len(self.order))
        precision = self.true / self.called
        value = float(self.in_block @ precision / self.positives)
        bias = self._average_precision_bias(precision, value)
        # A row lowers or raises the precision at its own score and at every lower one.
        weight = self.in_block / self.called
        of_negative = -np.cumsum((weight * precision)[::-1])[::-1] / self.positives
        of_positive = (precision + np.cumsum(weight[::-1])[::-1] - value) / self.positives + of_negative
        positives, negatives = self._effective()
        return Influence(
            value,
            self._in_given_order(self._of_rows(of_positive, of_negative)),
            positives,
            bias=bias,
            shape=float(1 + min(positives, negatives) / (positives + negatives) / 2),
        )

    def _average_precision_bias(self, precision: Floats, value: float) -> float:
        """Return half the sum of the second derivatives: each positive raises the precision at its own score."""
        weight = self.in_block / self.called**2
        false = self.called - self.true
        first = precision + np.cumsum((weight * false)[::-1])[::-1]
        second = 2 * false / self.called**2 - 2 * np.cumsum((weight * false / self.called)[::-1])[::-1]
        of_positive = second / self.positives - 2 * first / self.positives**2 + 2 * value / self.positives**2
        of_negative = 2 * np.cumsum((weight * precision)[::-1])[::-1] / self.positives
        return float(self.weight @ self._of_rows(of_positive, of_negative)) / 2

    def _of_rows(self, of_positive: Floats, of_negative: Floats) -> Floats:
        """Return the weight of each row times the value of its class in its block, in order of falling score."""
        if len(self.ends) < len(self.positive):
            # Each row of a block has the value of its block.
            rows = np.diff(self.ends, prepend=-1)
            of_positive, of_negative = np.repeat(of_positive, rows), np.repeat(of_negative, rows)
        values: Floats = np.where(self.positive, of_positive, of_negative)
        values *= self.weight
        return values

    def _effective(self) -> tuple[float, float]:
        return effective_rows(self.weight[self.positive]), effective_rows(self.weight[~self.positive])

    def _in_given_order(self, derivative: Floats) -> Floats:
        out = np.empty_like(derivative)
        out[self.order] = derivative
        return out
