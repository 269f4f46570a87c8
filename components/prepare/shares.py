"""Divide the bytes of a folder's tables among the processes of a step: each reads records that no other reads."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from parquet_text import is_parquet
from ranks import Ranks
from scanning import Source, mapped, open_source, record_after

_COUNT_BYTES = 16_000_000


@dataclass(frozen=True)
class _Piece:
    """Bytes of one file, of ``paths`` the one at place ``file``; ``quotes`` stand in them."""

    file: int
    start: int
    stop: int
    quotes: int


def sources(paths: list[Path], ranks: Ranks) -> Iterator[Source]:
    """Yield what this process reads, in order.

    A record belongs to the process in whose bytes the line before it ends. Whether a line end is one inside quotes
    depends on all quotes before it, so the processes count theirs first. A Parquet file is read whole, by the process
    in whose bytes it begins: rows that are to be divided come in several files.
    """
    if ranks.size == 1:
        for path in paths:
            yield open_source(path, mapped(path))
        return
    own = list(_pieces(paths, ranks))
    everybodys = [piece for pieces in ranks.each(own) for piece in pieces]
    for piece in own:
        source = open_source(paths[piece.file], mapped(paths[piece.file]))
        if is_parquet(source.path):
            yield source
            continue
        before = sum(other.quotes for other in everybodys if other.file == piece.file and other.stop <= piece.start)
        first = record_after(source, piece.start, before)
        last = len(source.raw)
        if piece.stop < last:
            last = record_after(source, piece.stop, before + piece.quotes)
        if first < last:
            yield replace(source, first_row=first, stop=last)


def _pieces(paths: list[Path], ranks: Ranks) -> Iterator[_Piece]:
    sizes = [path.stat().st_size for path in paths]
    span, position = ranks.share(sum(sizes)), 0
    for file, size in enumerate(sizes):
        if is_parquet(paths[file]):
            if span.start <= position < span.stop:
                yield _Piece(file, 0, size, 0)
            position += size
            continue
        start, stop = max(span.start, position) - position, min(span.stop, position + size) - position
        # Every process refuses an empty file.
        if start < stop or not size:
            yield _Piece(file, start, stop, _quotes(paths[file], start, stop))
        position += size


def _quotes(path: Path, start: int, stop: int) -> int:
    with path.open("rb") as file:
        file.seek(start)
        return sum(file.read(min(_COUNT_BYTES, stop - at)).count(b'"') for at in range(start, stop, _COUNT_BYTES))
