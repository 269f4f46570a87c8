"""Packages of npm that judge what is ours: installed from their lock, beside it."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path


class Missing(Exception):
    """Node, npm or the locked packages cannot be had here."""


def npm_ci(folder: Path) -> Path:
    """Install what ``folder`` locks, when the lock changed since; one process installs, others wait.

    Raises:
        Missing: it cannot be had here.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing(f"The packages of {folder.name} run under node 20 or newer, with npm; they are not installed")
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / "digest-of-the-lock"
    with (folder / ".gitignore").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == digest:
            return folder
        command = ["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"npm cannot fetch the packages of {folder.name}: {done.stderr.strip()[-300:]}")
        stamp.write_text(digest)
    return folder
