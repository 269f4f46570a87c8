"""Each metric's value, and how much each row moves it.

A metric is a function of the rows' weights, all of them one. Its derivative by the weight of a row, the infinitesimal
jackknife, says what that row contributes, whatever the classes' shares happen to be: the variance of the metric over
new samples is the sum of the squares. Ties, rare classes and any number of rows are exact, in the time of one sort.
Source: Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), chapter 6; for ROC AUC, the derivatives
are those of DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), 837-845.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.calibration import calibration_intercept, calibration_slope
from scripts.lib.gate.metrics import NEED_THRESHOLD, Booleans, Floats, Integers, MetricName


@dataclass(frozen=True)
class Influence:
    """A metric's ``value`` and its derivative by the weight of each row, shape (rows,), which add up to zero.

    ``trials`` is the number of rows that the metric is a share of, for bounds where the derivatives are all zero.
    ``bias`` is by how much the value exceeds that of endless rows, on average. ``shape`` says how the variance falls
    as a share nears 0 or 1: like (share (1 - share)) to that power. NaN as value: the rows do not define the metric.
    """

    value: float
    derivative: Floats
    trials: int
    bias: float = 0.0
    shape: float = 1.0


def influences(
    target: Integers, score: Floats, threshold: float, names: Collection[MetricName]
) -> dict[MetricName, Influence]:
    """Return each metric of ``names``.

    ``target`` holds 0 and 1 (both present), ``score`` the probability of 1, both of shape (rows,). A row counts as
    predicted positive when its score is at or above ``threshold``.
    """
    ranked = _Ranked(target, score) if {"roc_auc", "average_precision"} & set(names) else None
    found: dict[MetricName, Influence] = {}
    for name in names:
        if ranked is not None and name in ("roc_auc", "average_precision"):
            found[name] = ranked.roc_auc() if name == "roc_auc" else ranked.average_precision()
        elif name in NEED_THRESHOLD:
            found[name] = _share(name, target == 1, score >= threshold)
        else:
            found[name] = _OF_SCORES[name](target, score)
    return found


def no_information(name: MetricName, target: Integers) -> Influence:
    """Return the metric of the best score that says the same of every row, which is the positives' share."""
    rows, share = len(target), float(target.mean())
    by_row = (target - share) / rows
    value, slope = {
        "roc_auc": (0.5, 0.0),
        "average_precision": (share, 1.0),
        "brier": (share * (1 - share), 1 - 2 * share),
        "log_loss": (
            -share * np.log(share) - (1 - share) * np.log1p(-share),
            float(np.log1p(-share) - np.log(share)),
        ),
    }[name]
    return Influence(float(value), slope * by_row, rows)


class _Ranked:
    """Rows in order of falling score, equal scores together in a block."""

    def __init__(self, target: Integers, score: Floats) -> None:
        self.order = np.argsort(-score, kind="stable")
        falling = score[self.order]
        self.positive = target[self.order] == 1
        ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
        self.block = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
        # Up to and with each block: positives, and all rows.
        self.true, self.called = np.cumsum(self.positive)[ends].astype(np.float64), ends + 1.0
        self.positives = self.true[-1]
        self.negatives = len(score) - self.positives
        self.in_block, self.called_in_block = np.diff(self.true, prepend=0.0), np.diff(self.called, prepend=0.0)

    def _in_given_order(self, derivative: Floats) -> Floats:
        out = np.empty_like(derivative)
        out[self.order] = derivative
        return out

    def roc_auc(self) -> Influence:
        """Return the share of pairs of a positive and a negative that are in the right order, ties as half."""
        false = self.called - self.true
        below = (self.negatives - false + np.diff(false, prepend=0.0) / 2) / self.negatives
        above = (self.true - self.in_block / 2) / self.positives
        area = float(self.in_block @ below / self.positives)
        of_positive, of_negative = (below - area) / self.positives, (above - area) / self.negatives
        derivative = np.where(self.positive, of_positive[self.block], of_negative[self.block])
        by_class = self.in_block @ of_positive**2, (self.called_in_block - self.in_block) @ of_negative**2
        # Between two classes that vary alike, an area is like a binomial share (1); where one class has all the
        # variance, that falls faster near 1 (1.5). Found by coverage, as is the shape of average precision.
        unlike = abs(by_class[0] - by_class[1]) / sum(by_class) if sum(by_class) > 0 else 0.0
        trials = int(min(self.positives, self.negatives))
        return Influence(area, self._in_given_order(derivative), trials, shape=float(1 + unlike / 2))

    def average_precision(self) -> Influence:
        """Return the mean over positives of the precision at their score, as scikit-learn defines it."""
        precision = self.true / self.called
        value = float(self.in_block @ precision / self.positives)
        # A row lowers or raises the precision at its own score and at every lower one.
        weight = self.in_block / self.called
        of_negative = -np.cumsum((weight * precision)[::-1])[::-1] / self.positives
        of_positive = (precision + np.cumsum(weight[::-1])[::-1] - value) / self.positives + of_negative
        derivative = np.where(self.positive, of_positive[self.block], of_negative[self.block])
        rarer = min(self.positives, self.negatives)
        return Influence(
            value,
            self._in_given_order(derivative),
            int(self.positives),
            bias=self._average_precision_bias(precision, value),
            shape=float(1 + rarer / len(self.positive) / 2),
        )

    def _average_precision_bias(self, precision: Floats, value: float) -> float:
        """Return half the sum of the second derivatives: each positive raises the precision at its own score."""
        weight = self.in_block / self.called**2
        false = self.called - self.true
        first = precision + np.cumsum((weight * false)[::-1])[::-1]
        second = 2 * false / self.called**2 - 2 * np.cumsum((weight * false / self.called)[::-1])[::-1]
        of_positive = second / self.positives - 2 * first / self.positives**2 + 2 * value / self.positives**2
        of_negative = 2 * np.cumsum((weight * precision)[::-1])[::-1] / self.positives
        return float(self.in_block @ of_positive + (self.called_in_block - self.in_block) @ of_negative) / 2


def _share(name: MetricName, positive: Booleans, called: Booleans) -> Influence:
    """Return a metric that is hits over trials, counted at the threshold."""
    hits, trials = {
        "accuracy": (1.0 * (positive == called), np.ones(len(positive))),
        "precision": (1.0 * (positive & called), 1.0 * called),
        "recall": (1.0 * (positive & called), 1.0 * positive),
        "f1": (2.0 * (positive & called), 1.0 * positive + called),
    }[name]
    total = trials.sum()
    if not total:
        return Influence(0.0, np.zeros(len(positive)), 0)
    value = float(hits.sum() / total)
    return Influence(value, (hits - value * trials) / total, int(np.count_nonzero(trials)))


def _mean(losses: Floats) -> Influence:
    value = float(losses.mean())
    return Influence(value, (losses - value) / len(losses), len(losses))


def _log_loss(target: Integers, score: Floats) -> Influence:
    limit = float(np.finfo(np.float64).eps)
    return _mean(-np.log(np.clip(np.where(target == 1, score, 1 - score), limit, 1 - limit)))


def _brier(target: Integers, score: Floats) -> Influence:
    return _mean((score - target) ** 2)


def _of_calibration(fit: Callable[[Integers, Floats], tuple[float, Floats]]) -> Callable[[Integers, Floats], Influence]:
    def influence(target: Integers, score: Floats) -> Influence:
        value, derivative = fit(target, score)
        return Influence(value, derivative, len(target))

    return influence


_OF_SCORES: dict[MetricName, Callable[[Integers, Floats], Influence]] = {
    "log_loss": _log_loss,
    "brier": _brier,
    "calibration_slope": _of_calibration(calibration_slope),
    "calibration_intercept": _of_calibration(calibration_intercept),
}
