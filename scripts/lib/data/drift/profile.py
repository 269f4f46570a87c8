"""Count a table's cells, by column and by target: all that a later comparison needs, and no row of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.repository.problem import Field, Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Counts = np.ndarray[Any, np.dtype[np.float64]]

VERSION = 1
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


@dataclass(frozen=True)
class ColumnProfile:
    """A column's cells: ``counts[bin][target bin]``."""

    name: str
    bins: Bins
    counts: tuple[tuple[int, ...], ...]

    def table(self) -> "Counts":
        """Return the counts as an array of floats, shape (bins, target bins)."""
        import numpy as np

        return np.asarray(self.counts, dtype=np.float64)


@dataclass(frozen=True)
class Profile:
    """A table's columns, each counted by bins of the target.

    ``rows`` are those whose target is not missing; ``synthetic`` says that none of them is real.
    """

    rows: int
    target: Bins
    columns: tuple[ColumnProfile, ...]
    synthetic: bool = False

    def column(self, name: str) -> ColumnProfile | None:
        """Return a column's profile, or None where the table had no such column."""
        return {column.name: column for column in self.columns}.get(name)


def profile_of(
    frame: "pd.DataFrame", problem: Problem, like: Profile | None = None, synthetic: bool = False
) -> Profile:
    """Count the cells of ``frame``, in the bins of ``like`` where that is given.

    ``frame`` has the problem's columns, as ``read_table`` returns them. Its own bins are tenths of the numbers, or
    their values where they are few, and the described categories, or the texts that occur.
    """
    import numpy as np

    target = problem.field(problem.target)
    target_bins = like.target if like else _target_bins(frame[problem.target], problem)
    labels = _binned(frame[problem.target], target, target_bins)
    known = labels < target_bins.count - 1
    columns = []
    for field in problem.features:
        before = like.column(field.name) if like else None
        bins = before.bins if before else _bins(frame[field.name], field)
        counts = np.zeros((bins.count, target_bins.count - 1), dtype=np.int64)
        np.add.at(counts, (_binned(frame[field.name], field, bins)[known], labels[known]), 1)
        columns.append(ColumnProfile(field.name, bins, tuple(map(tuple, counts.tolist()))))
    return Profile(int(known.sum()), target_bins, tuple(columns), synthetic)


def in_bins_of(frame: "pd.DataFrame", field: Field, bins: Bins) -> "Counts":
    """Return how many cells of a column fall into each of ``bins``, which may be another column's."""
    import numpy as np

    return np.bincount(_binned(frame[field.name], field, bins), minlength=bins.count).astype(np.float64)


def to_json(profile: Profile) -> bytes:
    """Return the document to keep."""
    return (json.dumps({"version": VERSION, **asdict(profile)}, sort_keys=True) + "\n").encode()


def from_json(content: bytes) -> Profile | None:
    """Return the profile in a kept document; None where it is none, or of another version."""
    try:
        document = json.loads(content)
        if document["version"] != VERSION:
            return None
        columns = (
            ColumnProfile(one["name"], _read_bins(one["bins"]), tuple(map(tuple, one["counts"])))
            for one in document["columns"]
        )
        return Profile(
            int(document["rows"]), _read_bins(document["target"]), tuple(columns), bool(document["synthetic"])
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_bins(document: Mapping[str, Any]) -> Bins:
    return Bins(tuple(map(float, document["edges"])), tuple(map(str, document["levels"])))


def _target_bins(cells: "pd.Series[Any]", problem: Problem) -> Bins:
    if problem.classes:
        return Bins(levels=problem.classes)
    return Bins(edges=_quantiles(_numbers(cells)))


def _bins(cells: "pd.Series[Any]", field: Field) -> Bins:
    if field.categories and (field.kind != "number" or not field.ordered):
        return Bins(levels=field.categories)
    if field.kind == "number":
        return Bins(edges=_quantiles(_numbers(cells)))
    if field.kind == "date":
        return Bins(edges=_quantiles(_days(cells)))
    texts = cells.dropna().astype(str)
    return Bins(levels=tuple(sorted(texts.value_counts().index[:_LEVELS])) or ("",))


def _quantiles(values: "Counts") -> tuple[float, ...]:
    """Return edges between tenths of the values, or between all values where they are few."""
    import numpy as np

    values = values[np.isfinite(values)]
    distinct = np.unique(values)
    if len(distinct) <= _BINS:
        return tuple(((distinct[1:] + distinct[:-1]) / 2).tolist())
    return tuple(np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1])).tolist())


def _binned(cells: "pd.Series[Any]", field: Field, bins: Bins) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the number of each cell's bin."""
    import numpy as np

    missing = bins.count - 1
    if bins.levels:
        places: Mapping[str, int] = {text: place for place, text in enumerate(bins.levels)}
        texts = _texts(cells)
        return np.asarray(
            [missing if text is None else places.get(text, len(bins.levels)) for text in texts], dtype=np.int64
        )
    values = _days(cells) if field.kind == "date" else _numbers(cells)
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


def _numbers(cells: "pd.Series[Any]") -> "Counts":
    import numpy as np
    import pandas as pd

    return np.asarray(pd.to_numeric(cells, errors="coerce"), dtype=np.float64)


def _days(cells: "pd.Series[Any]") -> "Counts":
    import numpy as np
    import pandas as pd

    dates = pd.to_datetime(cells, errors="coerce", utc=True)
    days = dates.astype("int64").to_numpy(dtype=np.float64) / 86_400e9
    return np.where(dates.isna(), np.nan, days)
