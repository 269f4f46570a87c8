"""Count a table's cells, by column and by target: all that a later comparison needs, and no row of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.stored_table import Table
from scripts.lib.data.distributions import Distribution, distributions
from scripts.lib.data.drift.bins import Bins, binned, column_bins, target_bins
from scripts.lib.repository.problem import Field, Problem

if TYPE_CHECKING:
    import pandas as pd

    from scripts.lib.data.drift.bins import Counts

VERSION = 2


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

    ``rows`` are those whose target is not missing; ``synthetic`` says that none of them is real. ``spread`` is how
    columns look in a drawing; a profile in another one's bins has none.
    """

    rows: int
    target: Bins
    columns: tuple[ColumnProfile, ...]
    synthetic: bool = False
    spread: tuple[Distribution, ...] = ()

    def column(self, name: str) -> ColumnProfile | None:
        """Return a column's profile, or None where the table had no such column."""
        return {column.name: column for column in self.columns}.get(name)


def profile_of(
    frame: "pd.DataFrame | Table",
    problem: Problem,
    like: Profile | None = None,
    synthetic: bool = False,
    spread: tuple[Distribution, ...] = (),
) -> Profile:
    """Count the cells of ``frame``, in the bins of ``like`` where that is given.

    ``spread`` is that of the same frame, where it is known already.

    ``frame`` has the problem's columns, as ``read_table`` returns them. Its own bins are tenths of the numbers, or
    their values where they are few, and the described categories, or the texts that occur.
    """
    import numpy as np

    target = problem.field(problem.target)
    of_target = like.target if like else target_bins(frame, problem)
    before = {field.name: like.column(field.name) if like else None for field in problem.features}
    bins = [old.bins if (old := before[field.name]) else column_bins(frame, field) for field in problem.features]
    counts = [np.zeros((each.count, of_target.count - 1), dtype=np.int64) for each in bins]
    rows = 0
    for block in _blocks(frame, [field.name for field in (*problem.features, target)]):
        labels = binned(block[problem.target], target, of_target)
        known = labels < of_target.count - 1
        rows += int(known.sum())
        for field, own, counted in zip(problem.features, bins, counts, strict=True):
            np.add.at(counted, (binned(block[field.name], field, own)[known], labels[known]), 1)
    columns = (
        ColumnProfile(field.name, own, tuple(map(tuple, counted.tolist())))
        for field, own, counted in zip(problem.features, bins, counts, strict=True)
    )
    drawn = spread or (() if like else distributions(frame))
    return Profile(rows, of_target, tuple(columns), synthetic, drawn)


def in_bins_of(frame: "pd.DataFrame | Table", field: Field, bins: Bins) -> "Counts":
    """Return how many cells of a column fall into each of ``bins``, which may be another column's."""
    import numpy as np

    counts = np.zeros(bins.count)
    for block in _blocks(frame, [field.name]):
        counts += np.bincount(binned(block[field.name], field, bins), minlength=bins.count)
    return counts


def _blocks(frame: "pd.DataFrame | Table", names: list[str]) -> Iterable["pd.DataFrame"]:
    """Return the rows in pieces: of rows in memory it is one."""
    return frame.blocks(names=names) if isinstance(frame, Table) else [frame]


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
            int(document["rows"]),
            _read_bins(document["target"]),
            tuple(columns),
            bool(document["synthetic"]),
            tuple(map(_read_spread, document["spread"])),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_bins(document: Mapping[str, Any]) -> Bins:
    return Bins(tuple(map(float, document["edges"])), tuple(map(str, document["levels"])))


def _read_spread(document: Mapping[str, Any]) -> Distribution:
    return Distribution(
        str(document["column"]),
        tuple(map(str, document["categories"])),
        tuple(map(float, document["edges"])),
        tuple(map(int, document["counts"])),
        int(document["missing"]),
    )
