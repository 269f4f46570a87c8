"""Inspect a data file in one pass: is it text, in which of the two forms, with how many rows and which digest."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.data.canonical import HEADER, is_uci_line, uci_to_canonical
from scripts.lib.errors import DataRejected, ReleaseError

_BLOCK = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class DataFile:
    """A data file and its properties.

    ``uci``: it is a UCI ``processed.*.data`` file, without header. ``rows``: records, the header and blank
    lines not counted. ``sha256``: hexadecimal digest of its bytes.
    """

    path: Path
    uci: bool
    rows: int
    sha256: str


def inspect(path: Path) -> DataFile:
    """Return the data file at ``path``.

    Raises:
        DataRejected: it is no text table, or has no rows.
        ReleaseError: it cannot be read.
    """
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
        raise DataRejected(f"{path} is empty: a header line ({HEADER}) and at least one row are needed.")
    if b"\r" in first:
        raise DataRejected(f"{path} ends its lines with a carriage return alone: save it with \\n or \\r\\n.")
    uci = is_uci_line(first.decode())
    if not (rows := lines if uci else lines - 1):
        raise DataRejected(f"{path} has a header but no rows.")
    return DataFile(path, uci, rows, digest.hexdigest())


def canonical_lines(file: DataFile) -> Iterator[str]:
    """Yield a UCI file's lines in canonical form, header first; DataRejected for a line of wrong length."""
    yield HEADER
    try:
        with file.path.open(encoding="utf-8-sig", newline="") as lines:
            yield from uci_to_canonical(lines)
    except (ValueError, csv.Error) as error:
        raise DataRejected(f"{file.path} is not a UCI processed.*.data file: {error}.") from error


def _require_text(path: Path, block: bytes) -> None:
    # Blocks end at line ends, so no character is cut in two.
    try:
        block.decode("utf-8")
        text = b"\0" not in block
    except UnicodeDecodeError:
        text = False
    if not text:
        raise DataRejected(
            f"{path} is not UTF-8 text: give CSV or a UCI processed.*.data file (no archive, no workbook)."
        )
