"""Count the different numbers of a column block by block: quantiles and histograms follow from the counts exactly."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

MOST_DISTINCT = 500_000
_EXACT = 2.0**53


@dataclass(frozen=True)
class Tally:
    """The different numbers of a column, in order, and how often each occurs; missing ones are left out."""

    values: "Numbers"
    counts: "np.ndarray[Any, np.dtype[np.int64]]"

    def quantiles(self, shares: "Numbers") -> "Numbers":
        """Return what ``np.quantile`` returns for all the numbers."""
        import numpy as np

        ends = np.cumsum(self.counts)
        places = (ends[-1] - 1) * shares
        whole = np.floor(places)
        low, high = (self.values[np.searchsorted(ends, place, side="right")] for place in (whole, np.ceil(places)))
        part, apart = places - whole, high - low
        found: Numbers = np.where(part >= 0.5, high - apart * (1 - part), low + apart * part)
        return found

    def mean(self) -> float | None:
        """Return the mean, where no order of summing could change it: of whole numbers that floats hold exactly."""
        import numpy as np

        if not len(self.values) or not np.array_equal(self.values, np.floor(self.values)):
            return None
        if not np.isfinite(self.values).all() or float((abs(self.values) * self.counts).sum()) >= _EXACT:
            return None
        return float((self.values * self.counts).sum()) / float(self.counts.sum())

    def finite(self) -> "Tally":
        """Return the counts of the finite numbers."""
        import numpy as np

        kept = np.isfinite(self.values)
        return Tally(self.values[kept], self.counts[kept])


def tally(blocks: Iterable["Numbers"]) -> Tally | None:
    """Count the numbers of all ``blocks``; None where more than ``MOST_DISTINCT`` are different."""
    import numpy as np

    values, counts = np.empty(0), np.empty(0, np.int64)
    for block in blocks:
        new, of_new = np.unique(block[~np.isnan(block)], return_counts=True)
        together, places = np.unique(np.concatenate([values, new]), return_inverse=True)
        if len(together) > MOST_DISTINCT:
            return None
        values, counts = together, np.bincount(places, np.concatenate([counts, of_new]), len(together)).astype(np.int64)
    return Tally(values, counts)


def numbers(cells: "pd.Series[Any]") -> "Numbers":
    """Return the cells as numbers; what is none is missing."""
    import numpy as np
    import pandas as pd

    return np.asarray(pd.to_numeric(cells, errors="coerce"), dtype=np.float64)
