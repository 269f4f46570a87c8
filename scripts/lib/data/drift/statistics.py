"""Tests of whether two samples of counts come from one source."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.lib.data.drift.bins import Counts

_EXPECTED = 5.0  # the chi-square approximation holds where each cell is expected so often


def distance(before: "Counts", now: "Counts") -> float:
    """Return the total variation distance of two vectors of counts: the share of cells that would have to move."""
    if not before.sum() or not now.sum():
        return 0.0
    return float(abs(before / before.sum() - now / now.sum()).sum() / 2)


def chance_of_difference(before: "Counts", now: "Counts") -> float:
    """Return the p-value of the chi-square test that two vectors of counts come from one distribution.

    Bins too rare for the test are taken together, the rarest first.
    """
    import numpy as np
    from scipy.special import chdtrc

    kept = before + now > 0
    table = np.stack([before[kept], now[kept]])
    table = table[:, np.argsort(table.sum(axis=0))]
    totals = table.sum(axis=1, keepdims=True)
    if not totals.all():
        return 1.0
    smallest_side = totals.min() / totals.sum()
    while table.shape[1] > 1 and table[:, 0].sum() * smallest_side < _EXPECTED:
        joined = table[:, 0] + table[:, 1]
        table = np.column_stack([joined, table[:, 2:]])
        table = table[:, np.argsort(table.sum(axis=0))]
    if table.shape[1] < 2:
        return 1.0
    expected = totals * table.sum(axis=0) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def separation(positives: "Counts", negatives: "Counts") -> tuple[float, float]:
    """Return how well the order of the bins tells positives from negatives, as AUC, and its variance (DeLong).

    Both are counts by bin, lowest bin first. Without either, AUC is 0.5 with the variance of complete ignorance.
    """
    import numpy as np

    total, others = positives.sum(), negatives.sum()
    if total < 2 or others < 2:
        return 0.5, 0.25
    below = (np.cumsum(negatives) - negatives / 2) / others
    above = 1 - (np.cumsum(positives) - positives / 2) / total
    area = float((positives * below).sum() / total)
    of_positives = float((positives * (below - area) ** 2).sum() / (total - 1))
    of_negatives = float((negatives * (above - area) ** 2).sum() / (others - 1))
    # A perfect separation has no variance of its own; one row more could still have been on the other side.
    least = 1 / (4 * min(total, others) ** 2)
    return area, max(of_positives / total + of_negatives / others, least)


def deviation(share: float) -> float:
    """Return how many standard deviations a normal value exceeds, on either side, in ``share`` of all cases."""
    from scipy.special import ndtri

    return float(-ndtri(share / 2))
