"""Find the cells of CSV text as byte offsets, so that a cell can be compared and passed on without being rewritten.

The text is UTF-8 with commas, and quotes as in RFC 4180. What could be read in two ways is refused: a record with
more or fewer cells than the header, a quote inside a cell without quotes, a line that ends in CR alone.
"""

import csv
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from csv_files import opened
from refusal import Refused

BLOCK_BYTES = 2_000_000
PADDING = 8
_BOM = b"\xef\xbb\xbf"
_COMMA, _NEWLINE, _RETURN, _QUOTE = b',\n\r"'


@dataclass(frozen=True)
class Source:
    """A CSV file in memory: its bytes, each record ended, and the names in its header.

    Its records are those from ``first_row`` on, before ``stop`` where not all that follow are wanted.
    """

    path: Path
    raw: bytes | mmap.mmap
    names: list[str]
    first_row: int
    stop: int | None = None

    def line(self, offset: int) -> int:
        """Return the number of the line that holds the byte at ``offset``."""
        return self.raw[:offset].count(b"\n") + 1


@dataclass(frozen=True)
class Piece:
    """The text of consecutive records, from the byte at ``offset`` on; not ``complete``: of one that never ends."""

    offset: int
    text: bytes
    complete: bool


@dataclass(frozen=True)
class Block:
    """Consecutive records: the bytes from ``offset`` on, and where each cell starts and stops in them."""

    offset: int
    content: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    line_stop: np.ndarray
    empty_lines: int


def mapped(path: Path) -> bytes | mmap.mmap:
    """Return the bytes of a table as CSV, of which only what is looked at is read."""
    with opened(path) as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else b""


def open_source(path: Path, raw: bytes | mmap.mmap) -> Source:
    """Read the header of ``raw``; refuse an empty file and repeated names."""
    start = len(_BOM) if raw[: len(_BOM)] == _BOM else 0
    first_row = _header_stop(path, raw, start)
    text = _checked(path, raw[start:first_row])
    if not text.strip():
        raise Refused(f"{path.name} is empty. Remove the file or fill it.")
    names = [name.strip() for name in next(csv.reader(text.decode().splitlines(True)), [])]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"{path.name} names {', '.join(map(repr, repeated))} more than once in its header.")
    return Source(path, raw, names, first_row)


def blocks(source: Source) -> Iterator[Block]:
    """Yield the records of ``source`` after its header, without empty lines."""
    return (block_of(source, piece) for piece in pieces(source))


def pieces(source: Source) -> Iterator[Piece]:
    """Yield the text of ``source`` after its header in pieces, found by their ends alone."""
    position, size = source.first_row, BLOCK_BYTES
    stop = len(source.raw) if source.stop is None else source.stop
    while position < stop:
        text = source.raw[position : min(position + size, stop)]
        is_last = position + size >= stop
        if is_last and not text.endswith(b"\n"):
            text += b"\n"
        end = _end_of_records(text)
        if not end and not is_last:
            size *= 2
            continue
        yield Piece(position, text[: end or None], complete=end > 0)
        position, size = position + (end or len(text)), BLOCK_BYTES
        _let_go(source.raw, position)


def block_of(source: Source, piece: Piece) -> Block:
    """Return the records of ``piece``, which is one of ``source``, without empty lines."""
    if not piece.complete:
        line = source.line(piece.offset)
        raise Refused(f"{source.path.name}: a quote opens on line {line} or below and is never closed.")
    content = np.frombuffer(piece.text + bytes(PADDING), np.uint8)
    ends = _ends(content)
    _checked(source.path, piece.text)
    if b"\r" in piece.text:
        _check_returns(source, piece.offset, content, ends)
    return _block(source, piece.offset, content, ends, np.flatnonzero(content[ends] == _NEWLINE))


def _end_of_records(text: bytes) -> int:
    """Return where the last record ends that ends in ``text``, which starts with a record; 0 if none does."""
    end = text.rfind(b"\n") + 1
    quotes = text.count(b'"', 0, end)
    while end and quotes % 2:
        before = text.rfind(b"\n", 0, end - 1) + 1
        quotes -= text.count(b'"', before, end)
        end = before
    return end


def _let_go(raw: bytes | mmap.mmap, stop: int) -> None:
    """Take the pages before ``stop`` out of this process's memory; what is looked at again is read again."""
    if isinstance(raw, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        start = max(0, stop - 2 * BLOCK_BYTES) // mmap.PAGESIZE * mmap.PAGESIZE
        raw.madvise(mmap.MADV_DONTNEED, start, stop - start)


def record_after(source: Source, place: int, quotes: int) -> int:
    """Return where the first record starts whose predecessor ends at or after ``place``; ``quotes`` stand before it."""
    if place <= source.first_row:
        return source.first_row
    while True:
        following = source.raw.find(b"\n", place) + 1 or len(source.raw)
        quotes += source.raw[place:following].count(b'"')
        if not quotes % 2 or following == len(source.raw):
            return following
        place = following


def _checked(path: Path, text: bytes) -> bytes:
    """Return ``text``; refuse what is not UTF-8."""
    if b"\0" in text:
        raise Refused(f"{path.name} holds NUL bytes, so it is not UTF-8 text. Save it as UTF-8.")
    try:
        text.isascii() or text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"{path.name} is not UTF-8 text ({error.reason}). Save it as UTF-8.") from error
    return text


def _header_stop(path: Path, raw: bytes | mmap.mmap, start: int) -> int:
    stop = start
    while True:
        following = raw.find(b"\n", stop) + 1 or len(raw)
        if not raw[start:following].count(b'"') % 2:
            return following
        if following == len(raw):
            raise Refused(f"{path.name}: a quote opens in the header and is never closed.")
        stop = following


def _ends(content: np.ndarray) -> np.ndarray:
    """Return where cells end: commas and line ends outside quotes."""
    ends = (content == _COMMA) | (content == _NEWLINE)
    quotes = content == _QUOTE
    if quotes.any():
        ends &= ~np.logical_xor.accumulate(quotes)
    return np.flatnonzero(ends)


def _block(source: Source, position: int, content: np.ndarray, ends: np.ndarray, newlines: np.ndarray) -> Block:
    width = len(source.names)
    counts = np.diff(newlines, prepend=-1)
    starts = np.r_[0, ends[:-1] + 1]
    for record in np.flatnonzero(counts != width):
        first, last = newlines[record] - counts[record] + 1, newlines[record]
        text = content[starts[first] : ends[last]].tobytes()
        if text.strip():
            line = source.line(position + int(starts[first]))
            raise Refused(
                f"{source.path.name}, line {line}: {counts[record]} cell(s), but the header names {width} columns. "
                "Give each line as many cells as the header."
            )
    kept = np.repeat(counts == width, counts)
    start, stop = starts[kept].reshape(-1, width), ends[kept].reshape(-1, width)
    # Column after column in memory, as each is read on its own.
    start, stop = np.asfortranarray(start), np.asfortranarray(stop)
    line_stop = stop[:, -1] + 1
    stop[:, -1] -= (stop[:, -1] > start[:, -1]) & (content[stop[:, -1] - 1] == _RETURN)
    if (content == _QUOTE).any():
        _check_quotes(source, position, content, start, stop)
    return Block(position, content, start, stop, line_stop, int((counts != width).sum()))


def _check_returns(source: Source, position: int, content: np.ndarray, ends: np.ndarray) -> None:
    returns = np.flatnonzero(content[: ends[-1]] == _RETURN)
    alone = returns[content[returns + 1] != _NEWLINE]
    if alone.size:
        line = source.line(position + int(alone[0]))
        raise Refused(f"{source.path.name}, line {line}: a CR without LF. End lines with LF or CR LF.")


def _check_quotes(source: Source, position: int, content: np.ndarray, start: np.ndarray, stop: np.ndarray) -> None:
    """Refuse a cell with quotes elsewhere than around it, or not doubled inside."""
    before = np.r_[0, np.cumsum(content == _QUOTE, dtype=np.int32)]
    count = before[stop] - before[start]
    plain = (count == 2) & (content[start] == _QUOTE) & (content[stop - 1] == _QUOTE)
    for row, column in np.argwhere((count > 0) & ~plain):
        text = content[start[row, column] : stop[row, column]].tobytes().strip(b" ")
        inside = text[1:-1].replace(b'""', b"")
        if len(text) < 2 or text[:1] != b'"' or text[-1:] != b'"' or b'"' in inside:
            line = source.line(position + int(start[row, column]))
            raise Refused(
                f"{source.path.name}, line {line}: quotes stand inside the cell {text.decode()!r}. Put the whole cell "
                "in quotes and double those inside."
            )
