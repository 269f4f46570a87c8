"""Files that are there whole or not at all, whoever looks and whenever a process is killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def unfinished(folder: Path, prefix: str = "") -> Iterator[IO[bytes]]:
    """Open a new file in ``folder``, which must exist, to write and then ``finish``; an exception removes it."""
    with NamedTemporaryFile(dir=folder, prefix=prefix, delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def finish(file: IO[bytes], path: Path) -> None:
    """Put a file that ``unfinished`` opened in the place of ``path``, on the same disk."""
    file.close()
    os.replace(file.name, path)
