"""The benchmark of the training steps runs, and says what it measured."""

import json
import subprocess
import sys

import pytest
from patients import ROOT, UCI


def _benchmark(*arguments):
    command = [sys.executable, "-m", "benchmarks.training", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_it_measures_each_step_on_a_resampled_uci_file():
    source = UCI / "processed.cleveland.data"
    if not source.is_file():
        pytest.skip("the UCI data is not beside this repository")
    measured = _benchmark("--rows", "200", "--baseline-rows", "0", "--source", str(source))
    steps = ("withhold", "prepare", "train", "prepare to score", "score")
    assert [(entry["rows"], entry["code"], entry["step"]) for entry in measured] == [
        (200, "ours", step) for step in steps
    ]
    assert all(entry["wall_s"] > 0 and entry["user_s"] > 0 and entry["peak_mb"] > 10 for entry in measured)
