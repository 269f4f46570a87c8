"""Run one suite of the vendor's tests in a process of its own and read back what became of each test."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.conformance.vendor import HERE, REPOSITORY

_UNREACHABLE = "http://127.0.0.1:9"


def run_suite(project: Path, tools: Path, paths: tuple[str, ...], only: str = "") -> list[dict[str, Any]]:
    """Run the tests under ``paths`` of ``project`` and return the plugin's records, one a test.

    ``only`` is a pytest ``-k`` expression. Hosts other than Azure ML's are out of reach for the tests.
    """
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        outcomes = Path(scratch) / "outcomes.jsonl"
        outcomes.touch()
        python_path = os.pathsep.join(str(place) for place in (HERE / "stand_in", tools, REPOSITORY))
        environment = {
            **os.environ,
            "PYTHONPATH": python_path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "CONFORMANCE_STATE": str(Path(scratch) / "state"),
            "CONFORMANCE_OUTCOMES": str(outcomes),
            "HOME": scratch,
            "TMPDIR": scratch,
            "HTTPS_PROXY": _UNREACHABLE,
            "HTTP_PROXY": _UNREACHABLE,
        }
        empty = Path(scratch) / "pytest.ini"
        empty.write_text("[pytest]\n")
        options = ["-c", str(empty), "--rootdir", str(project), "-p", "embedded_service", "-p", "pytest_mock"]
        options += [
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--continue-on-collection-errors",
            "-q",
            "-W",
            "ignore",
            *(["-k", only] if only else []),
        ]
        with (Path(scratch) / "log.txt").open("w+") as log:
            command = [sys.executable, "-m", "pytest", *options, *paths]
            done = subprocess.run(command, cwd=project, env=environment, stdout=log, stderr=log, check=False)
            if done.returncode not in (0, 1, 2):
                log.seek(0)
                raise RuntimeError(f"pytest could not run {' '.join(paths)}:\n{log.read()[-3000:]}")
        return [json.loads(line) for line in outcomes.read_text().splitlines()]
