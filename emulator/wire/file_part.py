"""A part of a file as the body of a response: read as it is sent, so that no body is larger in memory than a piece."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Part:
    """The ``size`` bytes of a file from ``start``."""

    path: Path
    start: int
    size: int

    def open(self) -> io.BufferedReader:
        """Open the part for reading."""
        return io.BufferedReader(_PartReader(self), _PIECE_BYTES)

    def pieces(self) -> Iterator[bytes]:
        """Yield the part piece by piece."""
        with self.open() as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece


class _PartReader(io.RawIOBase):
    """Reads a part, and nothing of the file beyond it."""

    def __init__(self, part: Part) -> None:
        self._file = part.path.open("rb", buffering=0)
        self._file.seek(part.start)
        self._left = part.size

    def readable(self) -> bool:
        """Return that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into ``buffer``; return how many bytes, 0 at the end of the part."""
        count = self._file.readinto(memoryview(buffer)[: self._left])
        self._left -= count
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
