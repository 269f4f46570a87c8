"""Read the whole data once: what each row is, where its bytes lie, and a digest of the content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cells import without_spaces
from csv_files import csv_files, opened
from keys import cell_words, row_keys
from mixing import MISSING
from parquet_text import sha256_of
from refusal import Refused
from scanning import Block, Source, blocks, open_source
from spans import in_order


@dataclass(frozen=True)
class Part:
    """The rows of one file.

    ``lines`` are the bytes of each row, ``cut`` those of its target with one comma, and ``cells`` those of each column
    that the labels name; each a pair of offsets into the file.
    """

    source: Source
    keys: np.ndarray
    target: np.ndarray
    lines: np.ndarray
    cut: np.ndarray
    cells: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Columns:
    """The columns that the split is told about."""

    target: str
    group: str | None
    slices: tuple[str, ...]
    salt: str

    @property
    def labels(self) -> list[str]:
        """Columns whose text goes to the labels, the target first."""
        return list(dict.fromkeys([self.target, *self.slices, *([self.group] if self.group else [])]))


def digest(folder: Path) -> str:
    """Return the SHA-256 of the SHA-256s of the files, sorted: it is that of the content, whatever the names.

    The release line computes the version of a data asset in the same way, so that the two can be compared.
    """
    contents = sorted(map(sha256_of, csv_files(folder)))
    return "sha256:" + hashlib.sha256("".join(contents).encode()).hexdigest()


def read(folder: Path, columns: Columns) -> list[Part]:
    """Return the rows of each CSV file in ``folder``, all with the columns in the order of the first file."""
    parts: list[Part] = []
    for path in csv_files(folder):
        with opened(path) as file:
            raw = file.read()
        source = open_source(path, raw if raw.endswith(b"\n") else raw + b"\n")
        _check_names(source, parts[0].source if parts else None, columns)
        if parts:
            source = in_order(source, parts[0].source.names)
        parts.append(_part(source, columns))
    return parts


def _check_names(source: Source, first: Source | None, columns: Columns) -> None:
    names, file = source.names, source.path.name
    for name in columns.labels:
        if name not in names:
            raise Refused(f"{file} lacks the column {name}; it has: {', '.join(names)}.")
    if len(names) < 2:
        raise Refused(f"{file} has no column but {columns.target}. Give columns to predict it from.")
    if first and (differing := sorted(set(names) ^ set(first.names))):
        raise Refused(
            f"{file} and {first.path.name} differ in the column(s) {', '.join(differing)}. Give all the same."
        )


def _part(source: Source, columns: Columns) -> Part:
    pieces = [_rows(source, block, columns) for block in blocks(source)]
    if not sum(len(piece) for piece in pieces):
        raise Refused(f"{source.path.name} has a header and no rows. Remove the file or fill it.")
    arrays = {
        name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("keys", "target", "lines", "cut")
    }
    cells = {name: np.concatenate([piece.cells[name] for piece in pieces]) for name in columns.labels}
    return Part(source, **arrays, cells=cells)


def _rows(source: Source, block: Block, columns: Columns) -> Part:
    names = source.names
    target = names.index(columns.target)
    inputs = [place for place in range(len(names)) if place != target]
    words = [cell_words(block, place) for place in inputs]
    rows = np.flatnonzero(np.logical_or.reduce([cells != MISSING for cells in words]))
    if left_out := len(block.start) - len(rows):
        print(f"{source.path.name}: left out {left_out} record(s) that are empty or hold nothing but a target")
    keyed = [columns.group] if columns.group else [names[place] for place in inputs]
    keys = row_keys([words[inputs.index(names.index(name))] for name in keyed], keyed, columns.salt)
    labels = cell_words(block, target)
    _check_filled(source, block, rows, columns.target, labels)
    if columns.group:
        _check_filled(source, block, rows, columns.group, words[inputs.index(names.index(columns.group))])
    last = target == len(names) - 1
    cut = np.stack([block.start[:, target] - last, block.stop[:, target] + (not last)], axis=1)
    lines = np.stack([block.start[:, 0], block.line_stop], axis=1)
    cells = {
        name: np.stack(without_spaces(block, names.index(name)), axis=1)[rows] + block.offset for name in columns.labels
    }
    return Part(source, keys[rows], labels[rows], lines[rows] + block.offset, cut[rows] + block.offset, cells)


def _check_filled(source: Source, block: Block, rows: np.ndarray, name: str, words: np.ndarray) -> None:
    empty = rows[words[rows] == MISSING]
    if empty.size:
        line = source.line(block.offset + int(block.start[empty[0], 0]))
        raise Refused(
            f"{source.path.name}, column {name}: {empty.size} value(s) are missing (line {line} first). "
            "Fill them or remove these rows."
        )
