"""The state folder of a workspace, under a path that needs no quotes in a shell command."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from emulator.wire.errors import Unusable

_NO_SPACE = 256 * 1024  # bytes
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def _make_private(state: Path) -> None:
    """Create the folder with access for its owner alone; leave an existing folder as it is."""
    with suppress(FileExistsError):
        state.mkdir(mode=0o700)
    if not state.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(state))


def plain_path(state: Path) -> Path:
    """Create the folder ``state`` and return its absolute path.

    If that path holds characters that a shell splits or expands, return a symbolic link without such characters: Azure
    mounts inputs under plain paths, so the commands of steps do not quote them.

    Raises:
        Unusable: the folder or the link cannot be created.
    """
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        _make_private(state)
    except OSError as error:
        raise Unusable(
            f"The state folder {state} cannot be made ({error.strerror}); name another in AZUREML_LOCAL_STATE."
        ) from None
    folder = state.resolve()
    if _PLAIN.fullmatch(str(folder)):
        return folder
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    link = Path(tempfile.gettempdir()) / f"azureml-local-{os.getuid()}-{digest}"
    try:
        link.symlink_to(folder)
    except FileExistsError:
        if not link.is_symlink() or link.readlink() != folder or link.lstat().st_uid != os.getuid():
            raise Unusable(f"{link} is in the way of a link to the state folder {folder}; remove it.") from None
    if not _PLAIN.fullmatch(str(link)):
        raise Unusable(f"The state folder {folder} cannot be used: neither its path nor {link} is free of spaces.")
    return link


def has_no_space(folder: Path) -> bool:
    """Tell whether the disk of ``folder`` is full: not even a job's end can be recorded."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free < _NO_SPACE
    return False
