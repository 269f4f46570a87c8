"""GitHub's own packages, which judge workflow files and expressions: installed from their lock, run under node."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

ORACLES = Path(__file__).resolve().parents[1] / "oracles"


class Missing(Exception):
    """Node, npm or the locked packages cannot be had here."""


@cache
def installed() -> Path:
    """The folder with the packages, installed when the lock changed since; one process installs, others wait."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("GitHub's own packages run under node 20 or newer, with npm; they are not installed")
    digest = hashlib.sha256((ORACLES / "package-lock.json").read_bytes()).hexdigest()
    modules = ORACLES / "node_modules"
    stamp = modules / "digest-of-the-lock"
    with (ORACLES / ".gitignore").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == digest:
            return ORACLES
        command = ["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=ORACLES, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"npm cannot fetch GitHub's own packages: {done.stderr.strip()[-300:]}")
        stamp.write_text(digest)
    return ORACLES


def findings(root: Path, files: list[str]) -> list[str]:
    """What GitHub's parser and validator say of workflow and action files, named after the repository's root."""
    home = installed()
    command = ["node", "--import", "./json_modules.mjs", "validate.mjs", str(root), *files]
    done = subprocess.run(command, cwd=home, check=True, capture_output=True, text=True)
    return [f"{one['file']}:{one['line']}: {one['message']}" for one in json.loads(done.stdout)]


@cache
def evaluator() -> subprocess.Popen[str]:
    """The process that evaluates expressions, one for this process; it ends with its standard input."""
    home, environment = installed(), {"PATH": os.environ["PATH"]}
    return subprocess.Popen(
        ["node", "expressions.mjs"], cwd=home, env=environment, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def ask(request: Any) -> dict[str, Any]:
    """The evaluator's next line after ``request``."""
    process = evaluator()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request) + "\n")
    answer = process.stdout.readline()
    if not answer:
        raise RuntimeError(f"the evaluator of expressions ended with {process.wait()}")
    result: dict[str, Any] = json.loads(answer)
    return result
