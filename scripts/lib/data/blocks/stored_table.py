"""Rows on disk, read as a frame is, but a block of rows or a column at a time."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.columns import Columns, Stacked
from scripts.lib.data.blocks.tally import Tally, numbers, tally

if TYPE_CHECKING:
    import pandas as pd

# More rows than these lie on disk, and are read and judged a block of as many at a time.
BLOCK_ROWS = 200_000


class Table:
    """Rows on disk that are read as those of a frame are: ``table[column]``, ``table.items()``, and by blocks."""

    def __init__(self, stored: Columns | Stacked, kept: object = None) -> None:
        """Read the rows of ``stored``, which lie in a folder that is there as long as ``kept`` is."""
        self._stored, self._kept = stored, kept
        self.dtypes = stored.dtypes
        self.columns = list(self.dtypes)
        self._tallies: dict[str, Tally | None] = {}

    def __len__(self) -> int:
        return self._stored.rows

    def __getitem__(self, name: str) -> "pd.Series[Any]":
        cells: pd.Series[Any] = self.whole([name])[name]
        return cells

    def whole(self, names: Sequence[str]) -> "pd.DataFrame":
        """Return some columns of all rows."""
        return self._stored.frame(names, 0, len(self))

    def blocks(self, rows: int = BLOCK_ROWS, names: Sequence[str] | None = None) -> Iterator["pd.DataFrame"]:
        """Yield the rows, or some of their columns, a block at a time."""
        for start in range(0, len(self), rows):
            yield self._stored.frame(names or self.columns, start, min(start + rows, len(self)))

    def tally(self, name: str) -> Tally | None:
        """Return how often each number of a column occurs; None where too many are different."""
        if name not in self._tallies:
            self._tallies[name] = tally(numbers(block[name]) for block in self.blocks(names=[name]))
        return self._tallies[name]

    def value_counts(self, name: str) -> tuple["pd.Series[int]", int]:
        """Return how often each value of a column occurs, as pandas counts them, and how many are missing."""
        import numpy as np
        import pandas as pd

        if self.dtypes[name].kind != "O":
            counted = self.tally(name)
            if counted is None or not np.isfinite(counted.values).all():
                cells = self[name]
                return cells.value_counts(), int(cells.isna().sum())
            found = pd.Series(counted.counts, pd.Index(counted.values.astype(self.dtypes[name])))
        else:
            counts: dict[Any, int] = {}
            for block in self.blocks(names=[name]):
                for value, count in block[name].value_counts(sort=False).items():
                    counts[value] = counts.get(value, 0) + count
            # In the order in which they first occur, as pandas has those that are as frequent as others.
            found = pd.Series(list(counts.values()), pd.Index(list(counts), dtype=object), dtype=np.int64)
        found = found.sort_values(ascending=False)
        return found, len(self) - int(found.sum())

    def at(self, places: Sequence[int]) -> "pd.DataFrame":
        """Return the rows at ``places``."""
        import pandas as pd

        rows = [self._stored.frame(self.columns, place, place + 1) for place in places]
        found: pd.DataFrame = pd.concat(rows)
        return found
