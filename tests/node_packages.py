"""Packages of npm that tests run under node: installed beside their lock, once for each change of it."""

import fcntl
import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path


class Missing(Exception):
    """Node, npm or the locked packages cannot be had here."""


@cache
def installed(folder: Path) -> Path:
    """Return ``folder`` with its packages, installed when the lock changed; one process installs, others wait."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("These packages run under node 20 or newer, with npm; they are not installed")
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
