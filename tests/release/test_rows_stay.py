"""Rows of the data stay in the workspace, unless `--with-rows` is given."""

import csv

import pytest
from release_line import CLEVELAND, asset_of

pytestmark = pytest.mark.slow


def test_rows_leave_the_workspace_only_for_the_word(judged, names, tmp_path):
    judge = ("--deployment", names["onehot"], "--data-asset", asset_of(judged))
    judged.run("evaluate_candidate", *judge, "--output", str(tmp_path / "without"))
    judged.run("evaluate_candidate", *judge, "--output", str(tmp_path / "with"), "--with-rows")
    assert not list((tmp_path / "without").rglob("*.csv"))
    patients = [line.partition(",")[2] for line in CLEVELAND.read_text().splitlines()]
    for file in (tmp_path / "without").rglob("*.*"):
        text = file.read_text(errors="replace")
        assert not any(patient in text for patient in patients), file
    rows = list(csv.DictReader((tmp_path / "with" / "rows.csv").open()))
    assert len(rows) == len(patients)
    assert {"row", "fold", "target", "sex", "age", "candidate", "champion"} <= set(rows[0])
