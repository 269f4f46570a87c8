"""Collect rows chunk by chunk in compact arrays, and write them for training or scoring.

``rows.npy`` has one record a row: who the row is, its side and fold, its target (a class by its place among the
classes, -1 where there is none; a number, NaN where there is none), and its weight where the table has one.
``features.npy`` is float32, rows x features, in the same order. For training both are sorted by key and target, so
that the order of rows and files in the input leaves no trace; for scoring they keep the order of the input (files by
path, rows as they stand), so that the n-th score is that of the n-th row.
"""

import json
from pathlib import Path

import numpy as np
from description import Columns
from encoding import Transformations
from identity import FOLDS, evaluation_side, folds, occurrences, row_keys, text_cells
from reading import Chunk

SCHEMA_VERSION = 2
WRITE_ROWS = 500_000
SMALL_ROWS = 10_000
NO_CLASS = -1
# Names that no column of a table has: what the side of a row depends on, and what is kept of its target and weight.
SIDE, TARGET, WEIGHT = "\0side", "\0target", "\0weight"


def is_small(rows: int) -> bool:
    """Tell whether rows are so few that all of them are learned from; each is judged out of fold then."""
    return rows <= SMALL_ROWS


class Table:
    """Rows as they are read: a key, a target, float32 numbers and a category code each (-1 is missing)."""

    def __init__(self, described: Columns) -> None:
        self.described = described
        self.vocabulary: dict[str, dict[str, int]] = {name: {} for name in described.categories}
        names = ["key", TARGET, *described.numeric, *described.categories]
        names += [SIDE] if described.group else []
        names += [WEIGHT] if described.weight else []
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in names}

    def append(self, rows: Chunk) -> None:
        """Add a chunk of rows."""
        keys = row_keys(rows, self.described)
        self._parts["key"].append(keys)
        if self.described.group:
            # Without its group, as for scoring, a row stands for itself.
            self._parts[SIDE].append(text_cells(rows, self.described.group) if rows.grouped else keys)
        target = np.full(len(rows), np.nan) if rows.target is None else rows.target
        if self.described.task != "regression":
            target = np.where(np.isnan(target), NO_CLASS, target).astype(np.int16)
        self._parts[TARGET].append(target)
        if self.described.weight:
            weight = np.ones(len(rows)) if rows.weight is None else rows.weight
            self._parts[WEIGHT].append(weight.astype(np.float32))
        for name in self.described.numeric:
            self._parts[name].append(rows.numbers[name].astype(np.float32))
        for name in self.described.categories:
            known = self.vocabulary[name]
            codes = [known.setdefault(text, len(known)) for text in rows.texts[name]]
            self._parts[name].append(np.array([*codes, -1], np.int32)[rows.codes[name]])

    def close(self) -> None:
        """Join the chunks, column by column, so that no more than one column is held twice."""
        self.columns = {}
        for name in list(self._parts):
            self.columns[name] = np.concatenate(self._parts.pop(name))
        self.columns.setdefault(SIDE, self.columns["key"])

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
    columns = learned.columns
    description = {
        "schema_version": SCHEMA_VERSION,
        "rows": len(rows),
        "features": learned.features,
        "target_column": columns.target if _whole(rows["target"]) else None,
        "task": columns.task,
        "classes": columns.classes,
        "positive": columns.classes[-1] if columns.task == "binary" else None,
        "group_column": columns.group,
        "weight_column": columns.weight,
        "categorical_encoding": learned.categorical_encoding,
        "eval_size": learned.eval_size,
        "folds": FOLDS,
        "refit": is_small(len(rows)),
    }
    (folder / "prepared.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def _whole(target: np.ndarray) -> bool:
    """Tell whether every row has its target."""
    missing = np.isnan(target) if target.dtype.kind == "f" else target == NO_CLASS
    return not missing.any()


def _rows(table: Table, order: np.ndarray, eval_size: float) -> np.ndarray:
    kept = [("target", TARGET), *([("weight", WEIGHT)] if WEIGHT in table.columns else [])]
    fields: list[tuple[str, str]] = [("key", "<u8"), ("occurrence", "<u4"), ("fold", "u1"), ("evaluation", "?")]
    fields += [(name, table.columns[column].dtype.str) for name, column in kept]
    rows = np.empty(len(order), np.dtype(fields))
    rows["key"] = table.columns["key"][order]
    rows["occurrence"] = occurrences(rows["key"])
    side = table.columns[SIDE][order]
    rows["fold"] = folds(side)
    rows["evaluation"] = evaluation_side(side, eval_size)
    for name, column in kept:
        rows[name] = table.columns[column][order]
    return rows


def _write_features(table: Table, order: np.ndarray, learned: Transformations, path: Path) -> None:
    columns = learned.columns
    tables = {name: learned.table(name, list(table.vocabulary[name])) for name in columns.categories}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (len(order), len(learned.features))}
        )
        for start in range(0, len(order), WRITE_ROWS):
            part = order[start : start + WRITE_ROWS]
            numbers = [table.columns[name][part][:, None] for name in columns.numeric]
            encoded = [tables[name][table.columns[name][part]] for name in columns.categories]
            np.ascontiguousarray(np.hstack(numbers + encoded), "<f4").tofile(file)
