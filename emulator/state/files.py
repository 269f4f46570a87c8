"""Atomic writes of files: a reader sees the whole file or none, even if the writer is killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def temporary_file(folder: Path, prefix: str = "") -> Iterator[IO[bytes]]:
    """Open a new file in the existing ``folder``, for ``move_into_place``; an exception removes it."""
    with NamedTemporaryFile(dir=folder, prefix=prefix, delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def move_into_place(file: IO[bytes], path: Path) -> os.stat_result:
    """Close a file of ``temporary_file`` and rename it to ``path``, which must be on the same file system.

    Return what the file system then says of it: who looks at ``path`` later may see another file.
    """
    file.flush()
    status = os.fstat(file.fileno())
    file.close()
    os.replace(file.name, path)
    return status
