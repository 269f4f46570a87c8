"""What several test processes of a run start from is made by the first that wants it; the others wait for it."""

import fcntl
import os
from pathlib import Path


def made_once(tmp_path_factory, name: str, make) -> Path:
    """Return a folder that ``make`` filled, once for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, mark = base / name, base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists():
            folder.mkdir()
            make(folder)
            mark.touch()
    return folder
