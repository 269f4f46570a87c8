"""Folders for each test like those that the line's jobs leave, and ways to spoil them."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.gate.samples import simulate, write_labels, write_predictions, write_table


class Judged(NamedTuple):
    """A folder of labels, and one of predictions for each fold."""

    labels: Path
    fold: np.ndarray
    predictions: dict[int, Path]


@pytest.fixture
def judged(tmp_path) -> Judged:
    rows, score = simulate()
    fold = write_labels(tmp_path / "labels", rows)
    return Judged(tmp_path / "labels", fold, write_predictions(tmp_path / "predictions", fold, score))


@pytest.fixture
def change_rows():
    """Apply a change to the rows of a CSV file, each a mapping of column to text."""

    def change(file, alter):
        with file.open(newline="", encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        columns = list(rows[0])
        alter(rows)
        write_table(file, {name: [row[name] for row in rows] for name in columns})

    return change


@pytest.fixture
def change_json():
    """Apply a change to the content of a JSON file."""

    def change(file, alter):
        content = json.loads(file.read_text(encoding="utf-8"))
        alter(content)
        file.write_text(json.dumps(content), encoding="utf-8")

    return change
