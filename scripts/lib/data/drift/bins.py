"""The bins into which a column's cells are counted: between numbers, or one for each text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.stored_table import Table
from scripts.lib.data.blocks.tally import numbers
from scripts.lib.repository.problem import Field, Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Counts = np.ndarray[Any, np.dtype[np.float64]]

_BINS = 10
_LEVELS = 50  # more texts than these are no categories that could be compared one by one


@dataclass(frozen=True)
class Bins:
    """The bins of a column: between ``edges`` for numbers, one for each of ``levels`` for texts.

    Numbers have ``len(edges) + 1`` bins, texts one more than ``levels``, for every other text. The last bin of all
    is that of missing cells.
    """

    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many bins there are, the one of missing cells among them."""
        return (len(self.levels) + 1 if self.levels else len(self.edges) + 1) + 1

    def label(self, index: int) -> str:
        """Return the words for a bin."""
        if index == self.count - 1:
            return "missing"
        if self.levels:
            return self.levels[index] if index < len(self.levels) else "any other"
        if not self.edges:
            return "any"
        if index == 0:
            return f"below {self.edges[0]:g}"
        if index == len(self.edges):
            return f"{self.edges[-1]:g} or more"
        return f"{self.edges[index - 1]:g} to {self.edges[index]:g}"


def target_bins(frame: "pd.DataFrame | Table", problem: Problem) -> Bins:
    """Return the bins of the target: its classes, or tenths of its numbers."""
    if problem.classes:
        return Bins(levels=problem.classes)
    return Bins(edges=_edges(frame, problem.target))


def column_bins(frame: "pd.DataFrame | Table", field: Field) -> Bins:
    """Return the bins of a column: its categories or texts, or tenths of its numbers or days."""
    if field.categories and (field.kind != "number" or not field.ordered):
        return Bins(levels=field.categories)
    if field.kind == "number":
        return Bins(edges=_edges(frame, field.name))
    if field.kind == "date":
        return Bins(edges=_quantiles(_days(frame[field.name])))
    texts = frame[field.name].dropna().astype(str)
    return Bins(levels=tuple(sorted(texts.value_counts().index[:_LEVELS])) or ("",))


def _edges(frame: "pd.DataFrame | Table", name: str) -> tuple[float, ...]:
    """Return the edges between tenths of a column's numbers; of rows on disk, of how often each number occurs."""
    counted = frame.tally(name) if isinstance(frame, Table) else None
    if counted is None:
        return _quantiles(numbers(frame[name]))
    known = counted.finite()
    return _between(known.values, known.quantiles)


def _quantiles(values: "Counts") -> tuple[float, ...]:
    """Return edges between tenths of the values, or between all values where they are few."""
    import numpy as np

    values = values[np.isfinite(values)]
    return _between(np.unique(values), lambda shares: np.quantile(values, shares))


def _between(distinct: "Counts", quantiles: Callable[["Counts"], "Counts"]) -> tuple[float, ...]:
    import numpy as np

    if len(distinct) <= _BINS:
        return tuple(((distinct[1:] + distinct[:-1]) / 2).tolist())
    return tuple(np.unique(quantiles(np.linspace(0, 1, _BINS + 1)[1:-1])).tolist())


def binned(cells: "pd.Series[Any]", field: Field, bins: Bins) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the number of each cell's bin."""
    import numpy as np

    missing = bins.count - 1
    if bins.levels:
        places: Mapping[str, int] = {text: place for place, text in enumerate(bins.levels)}
        texts = _texts(cells)
        return np.asarray(
            [missing if text is None else places.get(text, len(bins.levels)) for text in texts], dtype=np.int64
        )
    values = _days(cells) if field.kind == "date" else numbers(cells)
    placed = np.searchsorted(np.asarray(bins.edges), values, side="right")
    return np.where(np.isfinite(values), placed, missing).astype(np.int64)


def _texts(cells: "pd.Series[Any]") -> Sequence[str | None]:
    """Return each cell as the text that a category is described by: a whole number has no point."""
    import pandas as pd

    def text(value: object) -> str | None:
        if pd.isna(value):  # type: ignore[call-overload]
            return None
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    distinct = {value: text(value) for value in cells.unique()}
    return [distinct.get(value) if value == value else None for value in cells.tolist()]


def _days(cells: "pd.Series[Any]") -> "Counts":
    import numpy as np
    import pandas as pd

    dates = pd.to_datetime(cells, errors="coerce", utc=True)
    days = dates.astype("int64").to_numpy(dtype=np.float64) / 86_400e9
    return np.where(dates.isna(), np.nan, days)
