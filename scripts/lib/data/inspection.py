"""Inspect a data file in one pass: is it text, in which of the two forms, with how many rows and which digest."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.data.canonical import header, lacks_header, to_canonical
from scripts.lib.data.parquet_text import Unreadable, count_rows, is_parquet, sha256_of
from scripts.lib.errors import DataRejected, ReleaseError
from scripts.lib.repository.problem import Problem

_BLOCK = 1 << 20
_SHOWN = 300
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class DataFile:
    """A data file and its properties; ``name`` is its path from the folder of the data.

    ``headless``: its first line is a row. ``rows``: records, the header and blank lines not counted. ``sha256``:
    hexadecimal digest of its bytes.
    """

    path: Path
    headless: bool
    rows: int
    sha256: str
    name: str


def inspect(path: Path, problem: Problem, folder: Path | None = None) -> DataFile:
    """Return the data file at ``path``, a table of ``problem``, among others of ``folder``.

    Raises:
        DataRejected: it is no text table, or has no rows.
        ReleaseError: it cannot be read.
    """
    name = path.relative_to(folder).as_posix() if folder else path.name
    if is_parquet(path):
        return _parquet(path, name)
    digest = hashlib.sha256()
    first, lines = b"", 0
    try:
        with path.open("rb") as file:
            while block := file.readlines(_BLOCK):
                joined = b"".join(block)
                digest.update(joined)
                _require_text(path, joined)
                lines += sum(map(bool, map(bytes.strip, block)))
                first = first or joined.lstrip().partition(b"\n")[0].rstrip()
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}.") from error
    first = first.removeprefix(_BYTE_ORDER_MARK)
    if not first:
        raise DataRejected(
            f"{path} is empty: a header line ({_shortened(header(problem))}) and at least one row are needed."
        )
    if b"\r" in first:
        raise DataRejected(f"{path} ends its lines with a carriage return alone: save it with \\n or \\r\\n.")
    headless = lacks_header(first.decode(), problem)
    if not (rows := lines if headless else lines - 1):
        raise DataRejected(f"{path} has a header but no rows.")
    return DataFile(path, headless, rows, digest.hexdigest(), name)


def _parquet(path: Path, name: str) -> DataFile:
    try:
        rows = count_rows(path)
        digest = sha256_of(path)
    except Unreadable as error:
        raise DataRejected(f"{error}.") from error
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}.") from error
    return DataFile(path, False, rows, digest, name)


def canonical_lines(file: DataFile, problem: Problem) -> Iterator[str]:
    """Yield the lines of a file without header in canonical form; DataRejected for a line of wrong length."""
    yield header(problem)
    try:
        with file.path.open(encoding="utf-8-sig", newline="") as lines:
            yield from to_canonical(lines, problem)
    except (ValueError, csv.Error) as error:
        raise DataRejected(f"{file.path} has no header, and its lines are not rows: {error}.") from error


def _require_text(path: Path, block: bytes) -> None:
    # Blocks end at line ends, so no character is cut in two.
    try:
        block.decode("utf-8")
        text = b"\0" not in block
    except UnicodeDecodeError:
        text = False
    if not text:
        raise DataRejected(f"{path} is not UTF-8 text: give CSV (no archive, no workbook).")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
