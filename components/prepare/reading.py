"""Read a folder of CSV files in chunks, and refuse by name what cannot be read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import values
from ahead import ahead
from cells import distinct
from csv_files import MISSING_TEXTS
from description import Columns
from refusal import Refused
from scanning import Block, Source, block_of, pieces

_MISSING_BYTES = frozenset(text.encode() for text in MISSING_TEXTS)
Cells = Mapping[str, tuple[list[bytes], np.ndarray]]


@dataclass(frozen=True)
class Chunk:
    """Some rows: float64 numbers (NaN is missing), and for each category its code (-1 is missing) and the texts.

    ``target`` and ``weight`` are None where the file lacks them. ``grouped``: the group is among the texts.
    """

    numbers: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    texts: dict[str, list[str]]
    target: np.ndarray | None
    weight: np.ndarray | None
    grouped: bool
    rows: int

    def __len__(self) -> int:
        return self.rows


def chunks(source: Source, columns: Columns, needs_target: bool, workers: int = 0) -> Iterator[Chunk]:
    """Yield the rows of ``source``, with their target when the file has it; so many threads read ahead."""
    _check_names(source, columns, needs_target)
    blank = 0
    read = ahead(lambda piece: _chunk(source, columns, block_of(source, piece), needs_target), pieces(source), workers)
    for chunk, left_out in read:
        blank += left_out
        yield chunk
    if blank:
        print(f"Skipped {blank} blank line(s) of {source.path.name}")


def _check_names(source: Source, columns: Columns, needs_target: bool) -> None:
    apart = [name for name in (columns.target, columns.group, columns.weight) if name]
    names, needed = source.names, [*columns.features, *(apart if needs_target else [])]
    if missing := [name for name in needed if name not in names]:
        raise Refused(f"{source.path.name} lacks the column(s) {', '.join(missing)}; it has: {', '.join(names)}.")
    if extra := [name for name in names if name not in {*columns.features, *apart}]:
        print(f"Columns of {source.path.name} that are not used: {', '.join(extra)}")


def _chunk(source: Source, columns: Columns, block: Block, needs_target: bool) -> tuple[Chunk, int]:
    """Return the rows of ``block``, and how many of its records are none (see ``csv_files``)."""
    cells = {name: distinct(block, place) for place, name in enumerate(source.names)}
    rows = np.flatnonzero(np.logical_or.reduce([_filled(texts)[codes] for texts, codes in cells.values()]))
    reader = _Reader(source, cells, rows, block.offset + block.start[rows, 0], columns)
    numbers = {name: reader.numbers(name, values.number, "numbers") for name in columns.numbers}
    numbers |= {name: reader.numbers(name, values.days, "dates such as 2026-01-31") for name in columns.dates}
    codes, texts = {}, {}
    grouped = columns.group is not None and columns.group in cells
    for name in (*columns.categories, *([columns.group] if columns.group and grouped else [])):
        codes[name], texts[name] = reader.categories(name)
    target = reader.target(needs_target) if columns.target in cells else None
    weight = reader.weight(columns.weight) if columns.weight and columns.weight in cells else None
    chunk = Chunk(numbers, codes, texts, target, weight, grouped, len(rows))
    return chunk, block.empty_lines + len(block.start) - len(rows)


def _filled(texts: list[bytes]) -> np.ndarray:
    return np.array([text not in _MISSING_BYTES for text in texts], bool)


class _Reader:
    """Reads the cells of some rows, and refuses by file, column and line what they may not hold."""

    def __init__(self, source: Source, cells: Cells, rows: np.ndarray, first: np.ndarray, columns: Columns) -> None:
        self._source, self._cells, self._rows, self._first, self._columns = source, cells, rows, first, columns
        self._missing = _MISSING_BYTES | {text.encode() for text in columns.missing}

    def categories(self, name: str) -> tuple[np.ndarray, list[str]]:
        texts, places = self._cells[name]
        known: dict[str, int] = {}
        codes = [
            -1 if text in self._missing else known.setdefault(values.canonical(text.decode()), len(known))
            for text in texts
        ]
        return np.array(codes, np.int32)[places[self._rows]], list(known)

    def numbers(self, name: str, parse: Callable[[bytes], float], what: str) -> np.ndarray:
        numbers = self._parsed(name, parse)
        self._refuse(name, np.isinf(numbers), f"are not {what}", "Correct them, or leave them empty when unknown.")
        return numbers

    def target(self, needed: bool) -> np.ndarray:
        """Return the target as numbers: of a class, its place among the classes."""
        name, classes = self._columns.target, self._columns.classes
        if self._columns.task == "regression":
            target, wrong = self._parsed(name, values.number), "are no numbers"
        else:
            places = {text: float(place) for place, text in enumerate(classes)}
            target = self._parsed(name, lambda text: places.get(values.canonical(text.decode()), np.inf))
            wrong = f"are none of {', '.join(classes)}"
        self._refuse(name, np.isinf(target) | (np.isnan(target) & needed), wrong)
        return target

    def weight(self, name: str) -> np.ndarray:
        weight = self._parsed(name, values.number)
        self._refuse(name, ~((weight > 0) & (weight < np.inf)), "are no weights above 0")
        return weight

    def _parsed(self, name: str, parse: Callable[[bytes], float]) -> np.ndarray:
        texts, places = self._cells[name]
        parsed = np.array([np.nan if text in self._missing else parse(text) for text in texts], np.float64)
        cells: np.ndarray = parsed[places[self._rows]]
        return cells

    def _refuse(self, name: str, wrong: np.ndarray, why: str, remedy: str = "") -> None:
        stray = np.flatnonzero(wrong)
        if not stray.size:
            return
        texts, places = self._cells[name]
        at = [(self._source.line(int(self._first[i])), texts[places[self._rows[i]]].decode()) for i in stray[:3]]
        shown = ", ".join(f"line {line}: {text!r}" if text else f"line {line}: empty" for line, text in at)
        raise Refused(
            f"{self._source.path.name}, column {name}: {stray.size} value(s) {why} ({shown}). {remedy}".strip()
        )
