"""Write a data file whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write ``lines``, given without line ends, to ``path``, UTF-8; a reader sees the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(line + "\n" for line in lines)
        os.chmod(temporary, 0o644)  # mkstemp makes it readable to its owner only
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
