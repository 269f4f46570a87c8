"""Read a folder of CSV files in chunks, and refuse by name what cannot be read."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cells import distinct
from columns import CATEGORICAL, FEATURES, NUMERIC, TARGET
from csv_files import MISSING_TEXTS
from refusal import Refused
from scanning import Block, Source, blocks, mapped, open_source

_MISSING_BYTES = frozenset(text.encode() for text in MISSING_TEXTS)


@dataclass(frozen=True)
class Chunk:
    """Some rows: float64 numbers (NaN is missing), and for each category its code (-1 is missing) and the texts."""

    numbers: dict[str, np.ndarray]
    codes: dict[str, np.ndarray]
    texts: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.numbers[NUMERIC[0]])


def chunks(path: Path, needs_target: bool) -> Iterator[Chunk]:
    """Yield the rows of ``path``; the target is among the numbers when the file has it."""
    source = open_source(path, mapped(path))
    _check_names(source, needs_target)
    rows = blank = 0
    for block in blocks(source):
        chunk, left_out = _chunk(source, block, needs_target)
        rows, blank = rows + len(chunk), blank + left_out
        yield chunk
    if not rows:
        raise Refused(f"{path.name} has a header and no rows. Remove the file or fill it.")
    if blank:
        print(f"Skipped {blank} blank line(s) of {path.name}")


def canonical(text: str) -> str:
    """Return the one text of a category: ``3`` and ``3.0`` are the same."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _check_names(source: Source, needs_target: bool) -> None:
    names, wanted = source.names, [*FEATURES, TARGET]
    needed = wanted if needs_target else list(FEATURES)
    if missing := [name for name in needed if name not in names]:
        raise Refused(f"{source.path.name} lacks the column(s) {', '.join(missing)}; it has: {', '.join(names)}.")
    if extra := [name for name in names if name not in wanted]:
        print(f"Columns of {source.path.name} that are not used: {', '.join(extra)}")


def _chunk(source: Source, block: Block, needs_target: bool) -> tuple[Chunk, int]:
    """Return the rows of ``block``, and how many of its records are none (see ``csv_files``)."""
    cells = {name: distinct(block, place) for place, name in enumerate(source.names)}
    rows = np.flatnonzero(np.logical_or.reduce([_filled(texts)[codes] for texts, codes in cells.values()]))
    first = block.offset + block.start[rows, 0]
    numbers, codes, texts = {}, {}, {}
    for name in (*NUMERIC, TARGET):
        if name in cells:
            numbers[name] = _numbers(source, name, cells[name][0], cells[name][1][rows], first)
    for name in CATEGORICAL:
        codes[name], texts[name] = _categories(cells[name][0], cells[name][1][rows])
    if TARGET in numbers:
        _check_target(source, numbers[TARGET], first, needs_target)
    return Chunk(numbers, codes, texts), block.empty_lines + len(block.start) - len(rows)


def _filled(texts: list[bytes]) -> np.ndarray:
    return np.array([text not in _MISSING_BYTES for text in texts], bool)


def _categories(texts: list[bytes], places: np.ndarray) -> tuple[np.ndarray, list[str]]:
    known: dict[str, int] = {}
    codes = [-1 if text in _MISSING_BYTES else known.setdefault(canonical(text.decode()), len(known)) for text in texts]
    return np.array(codes, np.int32)[places], list(known)


def _numbers(source: Source, name: str, texts: list[bytes], places: np.ndarray, first: np.ndarray) -> np.ndarray:
    numbers = np.array([_number(text) for text in texts], np.float64)
    stray = np.flatnonzero(np.isinf(numbers)[places])
    if stray.size:
        shown = ", ".join(f"line {source.line(int(first[i]))}: {texts[places[i]].decode()!r}" for i in stray[:3])
        raise Refused(
            f"{source.path.name}, column {name}: {stray.size} value(s) are not numbers ({shown}). "
            "Correct them, or leave them empty when unknown."
        )
    cells: np.ndarray = numbers[places]
    return cells


def _number(text: bytes) -> float:
    """Return the number, NaN when it is missing and infinity when it is none."""
    if text in _MISSING_BYTES:
        return math.nan
    try:
        number = float(text)
    except ValueError:
        return math.inf
    return number if math.isfinite(number) and b"_" not in text else math.inf


def _check_target(source: Source, target: np.ndarray, first: np.ndarray, needed: bool) -> None:
    stray = np.flatnonzero(~(np.isin(target, (0.0, 1.0)) | (np.isnan(target) & (not needed))))
    if stray.size:
        shown = ", ".join(
            f"line {source.line(int(first[i]))}: {'empty' if np.isnan(target[i]) else target[i]}" for i in stray[:3]
        )
        raise Refused(f"{source.path.name}, column {TARGET}: {stray.size} value(s) are neither 0 nor 1 ({shown}).")
