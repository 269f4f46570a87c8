"""Read a data file onto disk, a block of rows at a time, with the cells that ``read_table`` gives."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from scripts.lib.data.blocks.columns import Columns
from scripts.lib.data.inspection import DataFile, canonical_lines
from scripts.lib.data.parquet_text import Unreadable, as_csv, is_parquet
from scripts.lib.data.table import mixed, odd_columns, parsed, require_rows
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import Problem

LINES = "line-numbers"
_READ_BYTES = 1 << 20


def store(file: DataFile, problem: Problem, folder: Path, block_rows: int) -> Columns:
    """Return the rows of ``file`` on disk, in ``folder``, which is not there yet.

    Raises:
        DataRejected: the file is no table of equally long rows, as ``read_table`` says it.
    """
    folder.mkdir()
    with _text(file, problem) as text:
        _number_lines(text, folder / LINES)
        stored, odd = _stored(file, text, problem, folder / "as-read", [], block_rows)
        if odd:
            text.seek(0)
            stored, _ = _stored(file, text, problem, folder / "with-texts", odd, block_rows)
    return stored


def _stored(
    file: DataFile, text: IO[bytes], problem: Problem, folder: Path, as_text: list[str], block_rows: int
) -> tuple[Columns, list[str]]:
    """Return the rows with the columns ``as_text`` read so, and the columns that have to be."""
    import numpy as np
    import pandas as pd

    stored, odd, rows, counted = Columns(folder), dict[str, None](), 0, True
    for frame in parsed(file, text, problem, as_text, block_rows):
        counted = counted and isinstance(frame.index, pd.RangeIndex)
        odd_here = odd_columns(frame, problem)
        odd.update(dict.fromkeys(odd_here))
        if as_text and odd_here:
            frame[odd_here] = mixed(frame[odd_here])
        # The header stands on the first line that is not blank, or was put before those of the file.
        lines = np.fromfile(folder.parent / LINES, np.int64, len(frame), offset=8 * (rows + 1))
        rows += len(frame)
        if len(lines) < len(frame):
            continue  # a line that is two rows; told below
        frame.index = pd.Index(lines - int(file.headless))
        stored.append(frame.dropna(how="all"))
    require_rows(file, rows, counted)
    return stored, [*odd, *(name for name in stored.torn() if name not in odd)]


def _number_lines(text: IO[bytes], place: Path) -> None:
    """Write the numbers of the lines that are not blank."""
    import numpy as np

    before = 0
    with place.open("wb") as file:
        while block := text.readlines(_READ_BYTES):
            filled = np.fromiter(map(bool, map(bytes.strip, block)), dtype=bool)
            (np.flatnonzero(filled) + before + 1).astype(np.int64).tofile(file)
            before += len(block)
    text.seek(0)


@contextmanager
def _text(file: DataFile, problem: Problem) -> Iterator[IO[bytes]]:
    """Open the canonical text of a file."""
    if is_parquet(file.path):
        try:
            with as_csv(file.path, problem.columns) as text:
                yield text
        except Unreadable as error:
            raise DataRejected(f"{error}.") from error
    elif file.headless:
        with tempfile.TemporaryFile() as text:
            text.writelines(f"{line}\n".encode() for line in canonical_lines(file, problem))
            text.seek(0)
            yield text
    else:
        with file.path.open("rb") as text:
            yield text
