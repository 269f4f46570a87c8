"""Open the rows to score: how many the raw data holds, and what the prepare step made of them."""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from csv_files import MISSING_TEXTS, csv_files, opened
from reasons import ScoreRefused
from refusal import Refused


@dataclass(frozen=True)
class Features:
    """The prepared rows: float32, rows x ``names``, on disk; ``score_columns`` name what is predicted for a row."""

    values: np.ndarray
    names: list[str]
    score_columns: list[str]

    @property
    def digest(self) -> str:
        """SHA-256 of the names as JSON, a line end and the values, row by row."""
        content = hashlib.sha256(json.dumps(self.names).encode() + b"\n")
        content.update(np.ascontiguousarray(self.values).data)
        return "sha256:" + content.hexdigest()

    def differ(self) -> bool:
        """Tell whether any two rows differ."""
        step = 100_000
        first = self.values[:1]
        parts = (self.values[start : start + step] for start in range(0, len(self.values), step))
        return not all(((part == first) | (np.isnan(part) & np.isnan(first))).all() for part in parts)


def digest(folder: Path) -> str:
    """Return the SHA-256 of the files of a folder: of each one's path and content, sorted by path."""
    content = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        content.update(path.read_bytes())
    return "sha256:" + content.hexdigest()


def row_ids(data: Path, column: str | None) -> list[str] | int:
    """Return the cells of ``column``, one a row of the raw ``data``, or how many rows there are without one."""
    try:
        records = (record for path in csv_files(data) for record in _records(path, column))
        found = list(records) if column else sum(1 for _ in records)
    except (Refused, csv.Error, UnicodeDecodeError) as error:
        raise ScoreRefused("no-data", f"The raw data cannot be read: {error}") from error
    if not found:
        raise ScoreRefused("no-data", "The raw data holds no row.")
    return found


def _records(path: Path, column: str | None) -> Iterator[str]:
    """Yield for each row (see ``csv_files``) its cell in ``column``, or nothing in particular."""
    csv.field_size_limit(sys.maxsize)
    with io.TextIOWrapper(opened(path), encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        names = [name.strip() for name in next(reader, [])]
        if column and column not in names:
            raise Refused(f"{path.name} lacks the column {column}; it has: {', '.join(names)}.")
        place = names.index(column) if column else 0
        for record in reader:
            if any(cell.strip() not in MISSING_TEXTS for cell in record):
                yield record[place] if place < len(record) else ""


def features(folder: Path) -> Features:
    """Return what the prepare step wrote into ``folder``; refuse what is no table of numbers."""
    description, path = folder / "prepared.json", folder / "features.npy"
    for file in (description, path):
        if not file.is_file():
            raise ScoreRefused("no-features", f"The prepared data holds no {file.name}.")
    try:
        content = json.loads(description.read_text(encoding="utf-8"))
        names, rows = content["features"], content["rows"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise TypeError("its features are no list of names")
        score_columns = _score_columns(content["task"], content["classes"])
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ScoreRefused("no-features", f"The prepared data cannot be read: {error}") from error
    if values.dtype != np.float32 or values.ndim != 2:
        raise ScoreRefused(
            "feature-types-disagree",
            f"features.npy holds {values.ndim} dimension(s) of {values.dtype}, not 2 of float32.",
        )
    if values.shape[1] != len(names):
        raise ScoreRefused(
            "feature-names-disagree", f"features.npy has {values.shape[1]} columns, prepared.json names {len(names)}."
        )
    if values.shape[0] != rows:
        raise ScoreRefused(
            "row-count-disagrees", f"features.npy has {values.shape[0]} rows, prepared.json says {rows}."
        )
    return Features(values, names, score_columns)


def _score_columns(task: str, classes: list[str]) -> list[str]:
    if task == "multiclass":
        return [f"score_{name}" for name in classes]
    return [{"binary": "score", "regression": "prediction"}[task]]
