"""An `evaluation_results` folder for each test, and ways to spoil it."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lib.gate.reading import Run
from tests.gate.samples import evaluation_of, run_of, simulate, write_results


@pytest.fixture
def run() -> Run:
    return run_of()


@pytest.fixture
def results(tmp_path) -> Path:
    """A good `evaluation_results` folder."""
    return write_results(tmp_path / "evaluation_results", evaluation_of(*simulate()))


@pytest.fixture
def change_summary(results) -> Callable[[Callable[[dict], object]], None]:
    """Apply a change to the folder's metrics.json."""

    def change(alter):
        file = results / "metrics.json"
        summary = json.loads(file.read_text(encoding="utf-8"))
        alter(summary)
        file.write_text(json.dumps(summary), encoding="utf-8")

    return change


@pytest.fixture
def change_rows(results) -> Callable[[Callable[[list[dict]], object]], None]:
    """Apply a change to the folder's prediction rows, each a mapping of column to text."""

    def change(alter):
        file = results / "predictions.csv"
        with file.open(newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        columns = list(rows[0])
        alter(rows)
        with file.open("w", newline="", encoding="utf-8") as sink:
            writer = csv.DictWriter(sink, columns)
            writer.writeheader()
            writer.writerows(rows)

    return change
