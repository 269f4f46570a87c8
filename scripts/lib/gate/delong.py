"""DeLong's interval for the difference of two paired ROC AUCs, the cross-check of the bootstrap."""

from dataclasses import dataclass

import numpy as np

from scripts.lib.gate.metrics import Booleans, Floats, Integers


@dataclass(frozen=True)
class PairedAuc:
    """The difference of two AUCs on the same rows (first minus second) and its standard error."""

    difference: float
    standard_error: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the two one-sided bounds, each at ``confidence``."""
        from scipy.stats import norm

        reach = float(norm.ppf(confidence)) * self.standard_error
        return self.difference - reach, self.difference + reach


def paired_auc(target: Integers, first: Floats, second: Floats) -> PairedAuc:
    """Compare two models' AUCs on the same rows in O(n log n).

    ``target`` holds 0 and 1, at least two rows of each. Sources: DeLong, DeLong and Clarke-Pearson,
    Biometrics 44 (1988), 837-845; mid-ranks after Sun and Xu, IEEE Signal Processing Letters 21 (2014).
    """
    positive = target == 1
    by_positive, by_negative = zip(*(_placements(positive, score) for score in (first, second)), strict=True)
    difference = by_positive[0] - by_positive[1]
    variance = difference.var(ddof=1) / positive.sum()
    variance += (by_negative[0] - by_negative[1]).var(ddof=1) / (~positive).sum()
    return PairedAuc(float(difference.mean()), float(np.sqrt(variance)))


def _placements(positive: Booleans, score: Floats) -> tuple[Floats, Floats]:
    """Return each positive's share of negatives below it, each negative's share of positives above it."""
    from scipy.stats import rankdata

    overall = rankdata(score)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    below = (overall[positive] - rankdata(score[positive])) / negatives
    above = 1 - (overall[~positive] - rankdata(score[~positive])) / positives
    return below, above
