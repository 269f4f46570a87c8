"""Collect rows chunk by chunk in compact arrays, and write them for training or scoring.

``rows.npy`` has one record a row (dtype ``ROW``): who the row is, its side and fold, its target and the raw
values that slices need. ``features.npy`` is float32, rows x features, in the same order. For training both are
sorted by key and target, so that the order of rows and files in the input leaves no trace; for scoring they keep
the order of the input (files by path, rows as they stand), so that the n-th score is that of the n-th row.
"""

import json
from pathlib import Path

import numpy as np
from columns import CATEGORICAL, NUMERIC, SLICES, TARGET
from encoding import Transformations
from identity import FOLDS, evaluation_side, folds, occurrences, row_keys
from reading import Chunk

SCHEMA_VERSION = 1
WRITE_ROWS = 500_000
SMALL_ROWS = 10_000
NO_TARGET = -1
ROW = np.dtype(
    [("key", "<u8"), ("occurrence", "<u4"), ("fold", "u1"), ("evaluation", "?"), ("target", "i1")]
    + [(name, "<f4") for name in SLICES]
)


def is_small(rows: int) -> bool:
    """Tell whether rows are so few that all of them are learned from; each is judged out of fold then."""
    return rows <= SMALL_ROWS


class Table:
    """Rows as they are read: a key, a target, float32 numbers and a category code each (-1 is missing)."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, dict[str, int]] = {name: {} for name in CATEGORICAL}
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in ("key", TARGET, *NUMERIC, *CATEGORICAL)}

    def append(self, rows: Chunk) -> None:
        """Add a chunk of rows."""
        self._parts["key"].append(row_keys(rows))
        target = rows.numbers.get(TARGET, np.full(len(rows), np.nan))
        self._parts[TARGET].append(np.where(np.isnan(target), NO_TARGET, target).astype(np.int8))
        for name in NUMERIC:
            self._parts[name].append(rows.numbers[name].astype(np.float32))
        for name in CATEGORICAL:
            known = self.vocabulary[name]
            codes = [known.setdefault(text, len(known)) for text in rows.texts[name]]
            self._parts[name].append(np.array([*codes, -1], np.int32)[rows.codes[name]])

    def close(self) -> None:
        """Join the chunks, column by column, so that no more than one column is held twice."""
        self.columns = {}
        for name in list(self._parts):
            self.columns[name] = np.concatenate(self._parts.pop(name))

    def __len__(self) -> int:
        return len(self.columns["key"])

    def seen(self, name: str, rows: np.ndarray) -> set[str]:
        """Return the categories of column ``name`` among ``rows`` (a mask)."""
        present = np.bincount(self.columns[name][rows] + 1, minlength=len(self.vocabulary[name]) + 1)[1:] > 0
        return {text for text, code in self.vocabulary[name].items() if present[code]}

    def count(self, name: str, text: str) -> int:
        """Return how many rows hold category ``text`` in column ``name``."""
        return int(np.count_nonzero(self.columns[name] == self.vocabulary[name][text]))


def write(table: Table, learned: Transformations, folder: Path, keep_order: bool) -> None:
    """Write ``rows.npy``, ``features.npy`` and ``prepared.json`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.arange(len(table)) if keep_order else np.lexsort((table.columns[TARGET], table.columns["key"]))
    rows = _rows(table, order, learned.eval_size)
    np.save(folder / "rows.npy", rows)
    _write_features(table, order, learned, folder / "features.npy")
    description = {
        "schema_version": SCHEMA_VERSION,
        "rows": len(rows),
        "features": learned.features,
        "target_column": TARGET if (rows["target"] != NO_TARGET).all() else None,
        "categorical_encoding": learned.categorical_encoding,
        "eval_size": learned.eval_size,
        "folds": FOLDS,
        "refit": is_small(len(rows)),
    }
    (folder / "prepared.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def _rows(table: Table, order: np.ndarray, eval_size: float) -> np.ndarray:
    rows = np.empty(len(order), ROW)
    rows["key"] = table.columns["key"][order]
    rows["occurrence"] = occurrences(rows["key"])
    rows["fold"] = folds(rows["key"])
    rows["evaluation"] = evaluation_side(rows["key"], eval_size)
    for name in (TARGET, *SLICES):
        rows[name] = table.columns[name][order]
    return rows


def _write_features(table: Table, order: np.ndarray, learned: Transformations, path: Path) -> None:
    tables = {name: learned.table(name, list(table.vocabulary[name])) for name in CATEGORICAL}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (len(order), len(learned.features))}
        )
        for start in range(0, len(order), WRITE_ROWS):
            part = order[start : start + WRITE_ROWS]
            numbers = [table.columns[name][part][:, None] for name in NUMERIC]
            encoded = [tables[name][table.columns[name][part]] for name in CATEGORICAL]
            np.ascontiguousarray(np.hstack(numbers + encoded), "<f4").tofile(file)
