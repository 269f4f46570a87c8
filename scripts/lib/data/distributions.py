"""How the values of each column are spread, in a few numbers: a histogram, or the count of each category."""

import contextlib
import math
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.stored_table import Table

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 60
MOST_CATEGORIES = 12
BINS = 16
OTHERS = "others"


@dataclass(frozen=True)
class Distribution:
    """The spread of one column: ``counts`` between ``edges``, or of each of ``categories``; one of both is empty."""

    column: str
    categories: tuple[str, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int

    def as_result(self) -> dict[str, Any]:
        """Return it as values for a JSON file."""
        return asdict(self)


def distributions(frame: "pd.DataFrame | Table") -> tuple[Distribution, ...]:
    """Return the spread of each of the first ``MOST_COLUMNS`` columns."""
    if isinstance(frame, Table):
        counted = ((name, *frame.value_counts(name)) for name in frame.columns[:MOST_COLUMNS])
    else:
        # A name may stand there twice.
        counted = (
            (str(name), cells.value_counts(), int(cells.isna().sum()))
            for name, cells in islice(frame.items(), MOST_COLUMNS)
        )
    return tuple(_of_counts(name, counts, missing) for name, counts, missing in counted)


def _of_counts(name: str, counts: "pd.Series[int]", missing: int) -> Distribution:
    """Return the spread of a column by how often each of its values occurs, the most frequent first."""
    import numpy as np
    import pandas as pd

    values = counts.index
    if len(counts) > MOST_CATEGORIES and pd.api.types.is_numeric_dtype(values) and np.isfinite(values).all():
        edges = _edges(float(values.min()), float(values.max()))
        binned, _ = np.histogram(values.to_numpy(dtype=float), edges, weights=counts.to_numpy())
        return Distribution(name, (), edges, tuple(map(int, binned)), missing)
    shown = counts.iloc[: MOST_CATEGORIES if len(counts) <= MOST_CATEGORIES else MOST_CATEGORIES - 1]
    rest = int(counts.sum() - shown.sum())
    with contextlib.suppress(TypeError):  # numbers and text in one column stay in order of frequency
        shown = shown.sort_index()
    names = [f"{value:g}" if isinstance(value, float) else str(value)[:40] for value in shown.index]
    found = [int(count) for count in shown]
    return Distribution(name, (*names, *([OTHERS] if rest else [])), (), (*found, *([rest] if rest else [])), missing)


def _edges(low: float, high: float) -> tuple[float, ...]:
    """Return equally wide bins at round numbers, so that those of another version of the data are alike."""
    rough = (high - low) / BINS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(times for times in (1, 2, 5, 10) if times * unit >= rough)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return tuple(float(f"{place * step:.12g}") for place in range(first, last + 1))
