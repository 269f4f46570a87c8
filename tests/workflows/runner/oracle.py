"""GitHub's own packages, which judge workflow files and expressions: installed from their lock, run under node."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.npm_packages import Missing, npm_ci

__all__ = ["Missing", "ask", "evaluator", "findings", "installed"]

ORACLES = Path(__file__).resolve().parents[1] / "oracles"


@cache
def installed() -> Path:
    """The folder with GitHub's packages.

    Raises:
        Missing: they cannot be had here.
    """
    return npm_ci(ORACLES)


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
