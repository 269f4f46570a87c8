"""The names of the blobs below a folder, in order, without a look at what a page of a list does not need."""

import os
from collections.abc import Iterator
from pathlib import Path


def names_below(folder: Path, base: str, prefix: str, after: str) -> Iterator[str]:
    """Yield the names of the files in ``folder``, whose own name is ``base``, and in the folders below it.

    ``base`` is empty or ends with a slash. The names start with ``prefix`` and come after ``after``, in order. Links to
    folders are not followed; a folder that is not there, or cannot be one, has no files.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((_own_name(base, entry), entry.path) for entry in entries if not _leads_away(entry))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name, path in found:
        if name.endswith("/"):
            # All names in a folder start with its name, so it is before or after ``after`` as a whole.
            if (name > after or after.startswith(name)) and (name.startswith(prefix) or prefix.startswith(name)):
                yield from names_below(Path(path), name, prefix, after)
        elif name > after and name.startswith(prefix):
            yield name


def _own_name(base: str, entry: "os.DirEntry[str]") -> str:
    # With the slash a folder has the place among its neighbours that the names in it have.
    return base + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "")


def _leads_away(entry: "os.DirEntry[str]") -> bool:
    return entry.is_symlink() and entry.is_dir()
