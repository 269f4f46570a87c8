"""Populations whose metrics are known without a sample: scores from two normal distributions, one for each class.

A model sees evidence that is normal around -separation / 2 for class 0 and around separation / 2 for class 1, and says
the exact probability of class 1 given it, on the logit scale times ``stretch``. Truth comes by integration.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, log_expit, logit
from scipy.stats import norm

GRID = np.linspace(-14, 14, 200_001)


@dataclass(frozen=True)
class Binormal:
    """The share of positives, and one model's skill."""

    positives: float
    separation: float
    stretch: float = 1.0

    def scores(self, evidence: np.ndarray) -> np.ndarray:
        """Return what the model says of each row's evidence."""
        return expit(self._logit(evidence))

    def truths(self, threshold: float) -> dict[str, float]:
        """Return every metric in the population."""
        share, step = self.positives, GRID[1] - GRID[0]
        of_positives, of_negatives = norm.pdf(GRID - self.separation / 2), norm.pdf(GRID + self.separation / 2)
        both = share * of_positives + (1 - share) * of_negatives
        scores, logits = self.scores(GRID), self._logit(GRID)

        def mean(of_positive: np.ndarray, of_negative: np.ndarray) -> float:
            return float(step * (share * of_positives * of_positive + (1 - share) * of_negatives * of_negative).sum())

        recall_at = norm.sf(GRID - self.separation / 2)
        precision_at = share * recall_at / (share * recall_at + (1 - share) * norm.sf(GRID + self.separation / 2))
        cut = (logit(threshold) / self.stretch - logit(share)) / self.separation
        recall, alarms = norm.sf(cut - self.separation / 2), norm.sf(cut + self.separation / 2)
        called = share * recall + (1 - share) * alarms
        return {
            "roc_auc": float(norm.cdf(self.separation / np.sqrt(2))),
            "average_precision": float(step * (of_positives * precision_at).sum()),
            "brier": mean((1 - scores) ** 2, scores**2),
            "log_loss": -mean(log_expit(logits), log_expit(-logits)),
            "accuracy": float(share * recall + (1 - share) * (1 - alarms)),
            "precision": float(share * recall / called),
            "recall": float(recall),
            "f1": float(2 * share * recall / (called + share)),
            "calibration_slope": 1 / self.stretch,
            "calibration_intercept": float(
                brentq(lambda shift: step * (both * expit(logits + shift)).sum() - share, -9, 9)
            ),
        }

    def no_information(self) -> dict[str, float]:
        """Return the metrics of a constant score."""
        share = self.positives
        return {
            "roc_auc": 0.5,
            "average_precision": share,
            "brier": share * (1 - share),
            "log_loss": float(-share * np.log(share) - (1 - share) * np.log(1 - share)),
        }

    def _logit(self, evidence: np.ndarray) -> np.ndarray:
        return self.stretch * (self.separation * evidence + logit(self.positives))
