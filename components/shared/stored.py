"""Arrays on disk, in one file or in the parts that several processes wrote, of which some rows are read at a time.

Files are read, not mapped: mapped pages stay in the memory of the process until something else needs it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from refusal import Refused

READ_ROWS = 200_000


class Stored:
    """The rows of the ``.npy`` files at ``paths``, one after the other; of all of them, those of the ``spans``."""

    def __init__(self, paths: Sequence[Path], spans: Sequence[slice] | None = None) -> None:
        headers = [_header(path) for path in paths]
        self.dtype, self.shape_of_row = headers[0][0], headers[0][1][1:]
        if stray := [path for path, head in zip(paths, headers, strict=True) if head[0] != self.dtype]:
            raise Refused(f"{_shown(stray[0])} does not hold {self.dtype}. Prepare the data anew.")
        self._row_bytes = self.dtype.itemsize * int(np.prod(self.shape_of_row))
        bounds = np.cumsum([0, *(shape[0] for _, shape, _ in headers)]).tolist()
        if spans and spans[-1].stop > bounds[-1]:
            raise Refused(f"{_shown(paths[-1])}: there are {bounds[-1]} rows, fewer than promised. Prepare them anew.")
        # Where the rows lie: path, first byte, number of rows.
        self._pieces: list[tuple[Path, int, int]] = []
        for span in [slice(0, bounds[-1])] if spans is None else spans:
            for path, (_, _, offset), low, high in zip(paths, headers, bounds, bounds[1:], strict=False):
                first, last = max(span.start, low), min(span.stop, high)
                if first < last:
                    self._pieces.append((path, offset + (first - low) * self._row_bytes, last - first))
        self._bounds = np.cumsum([0, *(rows for _, _, rows in self._pieces)]).tolist()

    def __len__(self) -> int:
        return int(self._bounds[-1])

    def __getitem__(self, index: slice | np.ndarray) -> np.ndarray:
        """Return the rows at ``index``, a slice or ascending places."""
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return self._read(start, max(start, stop))
        if not len(index):
            return self._read(0, 0)
        rows: np.ndarray = self._read(int(index[0]), int(index[-1]) + 1)[index - index[0]]
        return rows

    def fields(self, names: Sequence[str]) -> np.ndarray:
        """Return all rows with these fields only."""
        kept = [(name, self.dtype[name]) for name in self.dtype.names or () if name in names]
        rows = np.empty(len(self), kept)
        for start in range(0, len(self), READ_ROWS):
            part = self[start : start + READ_ROWS]
            for name, _ in kept:
                rows[name][start : start + len(part)] = part[name]
        return rows

    def _read(self, start: int, stop: int) -> np.ndarray:
        rows = np.empty((stop - start, *self.shape_of_row), self.dtype)
        for (path, offset, count), low in zip(self._pieces, self._bounds, strict=False):
            first, last = max(start, low), min(stop, low + count)
            if first < last:
                part = rows[first - start : last - start]
                with path.open("rb") as file:
                    file.seek(offset + (first - low) * self._row_bytes)
                    if file.readinto(part.view(np.uint8).reshape(-1).data) != part.nbytes:
                        raise Refused(f"{_shown(path)} is cut off. Prepare the data anew.")
        return rows


def _header(path: Path) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Return what the file says that it holds, and where that begins."""
    try:
        with path.open("rb") as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("it is written in another version of the format")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            if fortran and len(shape) > 1:
                raise ValueError("its columns follow one another")
            offset = file.tell()
        if path.stat().st_size < offset + int(np.prod(shape)) * dtype.itemsize:
            raise ValueError("it is cut off")
    except (OSError, ValueError) as error:
        raise Refused(f"{_shown(path)} cannot be read: {error}. Prepare the data anew.") from error
    return dtype, shape, offset


def _shown(path: Path) -> str:
    return "/".join(path.parts[-2:])
