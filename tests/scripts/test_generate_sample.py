"""Synthetic rows look like the data, none is a row of it, and the same seed gives the same rows."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.generate_sample import main
from scripts.lib.repository.problem import find_problem, problem_names


def generated(output, *options):
    outcome = CliRunner().invoke(main, ["--output", str(output), *options])
    assert outcome.exit_code == 0, outcome.output
    return Path(json.loads(outcome.stdout)["file"]).read_text()


def rows_of(text):
    return [tuple(row) for row in csv.reader(text.splitlines()[1:])]


@pytest.mark.parametrize("name", problem_names())
def test_no_row_is_of_the_data_and_each_column_looks_alike(tmp_path, name):
    problem = find_problem(name)
    made = generated(tmp_path / "made.csv", "--problem", name, "--rows", "500")
    shipped = problem.sample.read_text()
    assert made.splitlines()[0] == shipped.splitlines()[0]
    rows, original = rows_of(made), rows_of(shipped)
    assert len(rows) == 500
    assert not set(rows) & set(original)
    for place, field in enumerate(problem.fields):
        values, before = ({row[place] for row in table if row[place]} for table in (rows, original))
        if field.kind == "number" and not field.categories:
            assert min(map(float, before)) <= min(map(float, values))
            assert max(map(float, values)) <= max(map(float, before))
        else:
            assert values <= before


def test_the_same_seed_gives_the_same_rows_and_another_others(tmp_path):
    first, again = (generated(tmp_path / name, "--seed", "1") for name in ("a.csv", "b.csv"))
    assert first == again
    assert generated(tmp_path / "c.csv", "--seed", "2") != first


def test_the_output_must_be_given():
    assert CliRunner().invoke(main, []).exit_code == 2
