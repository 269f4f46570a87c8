"""Collect rows as they are read, and write them for training or scoring; the memory is that of one part of them.

``rows.npy`` has one record a row: who the row is, its side and fold, its target (a class by its place among the
classes, -1 where there is none; a number, NaN where there is none), and its weight where the table has one.
``features.npy`` is float32, rows x features, in the same order. For training both are sorted by key and target, so
that the order of rows and files in the input leaves no trace; for scoring they keep the order of the input (files by
path, rows as they stand), so that the n-th score is that of the n-th row.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from ahead import ahead, spare_threads
from description import Columns
from encoding import Transformations
from identity import FOLDS, evaluation_side, folds, occurrences
from ranks import Ranks
from records import NO_CLASS, SIDE, TARGET, WEIGHT, Recorder, Tally, tally

SCHEMA_VERSION = 2
WRITE_ROWS = 200_000
SMALL_ROWS = 10_000
# As long as they are few, records wait in memory; then on disk.
MEMORY_BYTES = 64_000_000
_HALF = np.uint64(32)


def is_small(rows: int) -> bool:
    """Tell whether rows are so few that all of them are learned from; each is judged out of fold then."""
    return rows <= SMALL_ROWS


class Table:
    """The rows of this process: those whose keys lie in its share, in ``parts`` parts by their keys.

    What the parts have in common is counted as the rows come.
    """

    def __init__(self, described: Columns, eval_size: float, parts: int, ranks: Ranks) -> None:
        self.described, self.recorder, self.ranks, self.tally = described, Recorder(described), ranks, Tally()
        self.whole_target = True
        self._eval_size, self._parts = eval_size, parts
        memory = MEMORY_BYTES // parts
        # Closed with the table: they have no name, and the system removes them.
        self._files = [tempfile.SpooledTemporaryFile(memory) for _ in range(parts)]  # noqa: SIM115

    def append(self, records: np.ndarray, texts: Mapping[str, Iterable[str]] | None = None) -> None:
        """Add those of ``records`` that belong to this process; another recorder gives its ``texts`` with them."""
        of_all = ((records["key"] >> _HALF) * np.uint64(self.ranks.size * self._parts)) >> _HALF
        part = of_all.astype(np.int64) - self.ranks.rank * self._parts
        if self.ranks.size > 1:
            own = (part >= 0) & (part < self._parts)
            records, part = records[own], part[own]
        if texts is not None:
            records = self.recorder.adopted(records, texts)
        target = records[TARGET]
        self.whole_target &= not (np.isnan(target) if target.dtype.kind == "f" else target == NO_CLASS).any()
        training = ~evaluation_side(_sides(records), self._eval_size)
        self.tally.add(tally(records, self.recorder.vocabulary, training))
        if self._parts > 1:
            order = np.argsort(part.astype(np.int16), kind="stable")  # which NumPy sorts by its digits
            records, part = records.take(order), part[order]
        bounds = np.searchsorted(part, np.arange(self._parts + 1))
        for file, start, stop in zip(self._files, bounds, bounds[1:], strict=False):
            file.write(records[start:stop].tobytes())

    def __len__(self) -> int:
        return self.tally.rows

    def parts(self, keep_order: bool) -> Iterator[np.ndarray]:
        """Yield the records part by part, sorted unless they ``keep_order``; each part once."""

        def part(file: IO[bytes]) -> np.ndarray:
            file.seek(0)
            records = np.frombuffer(file.read(), self.recorder.dtype)
            file.close()
            # Whole records are taken; indexing would copy field by field.
            return records if keep_order else records.take(_order(records))

        # Two parts at most are in memory: one that is sorted, and one that is written.
        return ahead(part, self._files, min(1, spare_threads()) if self.ranks.size == 1 else 0)


def write(table: Table, learned: Transformations, folder: Path, keep_order: bool, rows: int, labelled: bool) -> None:
    """Write ``rows.npy`` and ``features.npy`` into ``folder``, or below it where other processes write too.

    ``prepared.json`` is about the ``rows`` of all processes, which may all be ``labelled``; the first one writes it.
    """
    ranks = table.ranks
    place = folder / f"part-{ranks.rank:05d}" if ranks.size > 1 else folder
    place.mkdir(parents=True, exist_ok=True)
    with (place / "rows.npy").open("wb") as of_rows, (place / "features.npy").open("wb") as of_features:
        _header(of_rows, _row_type(table), (len(table),))
        _header(of_features, np.dtype("<f4"), (len(table), len(learned.features)))
        for records in table.parts(keep_order):
            _rows(records, _row_type(table), learned.eval_size).tofile(of_rows)
            _write_features(records, table, learned, of_features)
    if not ranks.first:
        return
    columns = learned.columns
    description = {
        "schema_version": SCHEMA_VERSION,
        "rows": rows,
        "features": learned.features,
        "target_column": columns.target if labelled else None,
        "task": columns.task,
        "classes": columns.classes,
        "positive": columns.classes[-1] if columns.task == "binary" else None,
        "group_column": columns.group,
        "weight_column": columns.weight,
        "categorical_encoding": learned.categorical_encoding,
        "eval_size": learned.eval_size,
        "folds": FOLDS,
        "refit": is_small(rows),
        **({"parts": ranks.size} if ranks.size > 1 else {}),
    }
    (folder / "prepared.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def _order(records: np.ndarray) -> np.ndarray:
    """Return the order by key and target; copies of a row that differ in their group or weight have an order too."""
    keys = np.ascontiguousarray(records["key"])
    order = np.argsort(keys)
    keys = keys[order]
    # Most keys stand once: only what is left undecided is looked at again.
    same = keys[1:] == keys[:-1]
    repeated = np.flatnonzero(np.r_[False, same] | np.r_[same, False])
    undecided = np.sort(order[repeated])
    of = records.take(undecided)
    more = [of[name] for name in (WEIGHT, SIDE) if name in (of.dtype.names or ())]
    order[repeated] = undecided[np.lexsort((*more, of[TARGET], of["key"]))]
    return order


def _sides(records: np.ndarray) -> np.ndarray:
    """Return what decides the side and the fold of each record."""
    sides: np.ndarray = records[SIDE if SIDE in (records.dtype.names or ()) else "key"]
    return sides


def _row_type(table: Table) -> np.dtype:
    kinds = table.recorder.dtype
    kept = [("target", TARGET), *([("weight", WEIGHT)] if table.described.weight else [])]
    fields: list[tuple[str, str]] = [("key", "<u8"), ("occurrence", "<u4"), ("fold", "u1"), ("evaluation", "?")]
    return np.dtype([*fields, *((name, kinds[column].str) for name, column in kept)])


def _header(file: BinaryIO, kind: np.dtype, shape: tuple[int, ...]) -> None:
    told = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, told)


def _rows(records: np.ndarray, kind: np.dtype, eval_size: float) -> np.ndarray:
    rows, side = np.empty(len(records), kind), _sides(records)
    rows["key"] = records["key"]
    rows["occurrence"] = occurrences(records["key"])
    rows["fold"] = folds(side)
    rows["evaluation"] = evaluation_side(side, eval_size)
    rows["target"] = records[TARGET]
    if "weight" in (kind.names or ()):
        rows["weight"] = records[WEIGHT]
    return rows


def _write_features(records: np.ndarray, table: Table, learned: Transformations, file: BinaryIO) -> None:
    columns, texts = learned.columns, table.recorder.texts()
    tables = {name: learned.table(name, texts[name]) for name in columns.categories}
    for start in range(0, len(records), WRITE_ROWS):
        part = records[start : start + WRITE_ROWS]
        features, place = np.empty((len(part), len(learned.features)), "<f4"), 0
        for name in columns.numeric:
            features[:, place] = part[name]
            place += 1
        for name in columns.categories:
            encoded = tables[name]
            features[:, place : place + encoded.shape[1]] = encoded[part[name]]
            place += encoded.shape[1]
        features.tofile(file)
