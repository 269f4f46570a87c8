"""Atomic writes of files: a reader sees the whole file or none, even if the writer is killed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

_COPIED_AT_ONCE = 1 << 26


@contextmanager
def temporary_file(folder: Path, prefix: str = "") -> Iterator[IO[bytes]]:
    """Open a new file in the existing ``folder``, for ``move_into_place``; an exception removes it."""
    with NamedTemporaryFile(dir=folder, prefix=prefix, delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def append(source: Path, target: IO[bytes]) -> None:
    """Write the content of ``source`` to the end of the open file ``target``."""
    with source.open("rb") as file:
        target.flush()
        try:
            # Within the kernel: seven times as fast for files of gigabytes, whose pages the disk is still writing.
            while os.copy_file_range(file.fileno(), target.fileno(), _COPIED_AT_ONCE):
                pass
        except (AttributeError, OSError):
            # Another system, or a file system that does not take it; the file goes on from where it is.
            shutil.copyfileobj(file, target)


def move_into_place(file: IO[bytes], path: Path) -> os.stat_result:
    """Close a file of ``temporary_file`` and rename it to ``path``, which must be on the same file system.

    Return what the file system then says of it: who looks at ``path`` later may see another file.
    """
    file.flush()
    status = os.fstat(file.fileno())
    file.close()
    os.replace(file.name, path)
    return status
