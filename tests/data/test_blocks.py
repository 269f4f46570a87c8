"""Rows on disk, judged a block at a time, give what rows in memory give: findings, report, pages, counts, refusals."""

import json
import shutil

import pandas as pd
import pytest
from test_data_validation import COLUMNS, HEADER, with_cell
from test_one_reader import HARMLESS, REFUSED_BY_BOTH, REFUSED_BY_THE_VALIDATOR

from scripts.lib.data import expectations
from scripts.lib.data.blocks import tally
from scripts.lib.data.blocks.stored_table import Table
from scripts.lib.data.described import suite_of
from scripts.lib.data.drift.comparison import compare
from scripts.lib.data.drift.limits import Limits
from scripts.lib.data.drift.profile import profile_of, to_json
from scripts.lib.data.source import resolve
from scripts.lib.data.validation import validate
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
SAMPLE = PROBLEM.sample.read_text().splitlines()
CELLS = {
    "age": ("abc", "inf", ""),
    "oldpeak": ("NA", "nan"),
    "sex": ("2", "male"),
    "fbs": ("True",),
    "exang": ("0.5", "1e400", str(10**25)),
    "thal": ("Normal", "3"),
    "target": ("2", "?"),
}
FILES = {
    "the sample": SAMPLE,
    "copies": [*SAMPLE, *SAMPLE[10:30], *SAMPLE[10:12]],
    "one row again and again": [SAMPLE[0], *[SAMPLE[1]] * 200, *SAMPLE[2:60]],
    "one class": [HEADER, *(line[:-1] + "1" for line in SAMPLE[1:])],
    "few rows": SAMPLE[:99],
    "columns exchanged": [HEADER.replace("age,sex", "sex,age"), *SAMPLE[1:]],
    "another name": [HEADER.replace("target", "num"), *SAMPLE[1:]],
    "a column of nothing": [",".join([*line.split(",")[:4], "?", *line.split(",")[5:]]) for line in SAMPLE],
    "a foreign column, texts late": [f"{line},{'x' if number > 250 else number}" for number, line in enumerate(SAMPLE)],
    "whole numbers early, decimals late": [*SAMPLE[:200], *(line.replace(",", ".0,", 1) for line in SAMPLE[200:])],
    "a late missing cell": with_cell(SAMPLE, 290, "ca", ""),
    "many bad cells": [line.replace(",0.", ",x.") if number % 3 else line for number, line in enumerate(SAMPLE)],
}


def told(path, folder, block_rows):
    """Return all that a validation gives, and the rows."""
    work = folder / str(block_rows)
    work.mkdir()
    try:
        report = validate(resolve(path, work / "work", PROBLEM), work, PROBLEM, block_rows)
    except DataRejected as error:
        return error.message.replace(str(work), ""), None
    document = json.loads((work / "validation_result.json").read_text())
    pages = {page.name: page.read_text() for page in (work / "data_docs").iterdir()}
    places = ("validation_result", "data_docs")
    return [{key: value for key, value in document.items() if key not in places}, pages], report.table


def same(path, folder, block_rows=70):
    """Require that blocks and memory agree; return the rows of both."""
    (whole, frame), (parts, table) = (told(path, folder, rows) for rows in (10**9, block_rows))
    assert parts == whole
    assert isinstance(table, Table) or frame is None
    return frame, table


def written(folder, lines):
    file = folder / "rows.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.mark.parametrize("name", ["the sample", "copies"])
def test_blocks_and_memory_agree(tmp_path, name):
    same(written(tmp_path, FILES[name]), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FILES if name not in ("the sample", "copies")])
def test_blocks_and_memory_agree_on_damaged_files(tmp_path, name):
    same(written(tmp_path, FILES[name]), tmp_path, min(110, len(FILES[name]) - 9))


@pytest.mark.slow
@pytest.mark.parametrize("place", range(max(map(len, CELLS.values()))))
def test_blocks_and_memory_agree_on_one_bad_cell_a_column(tmp_path, place):
    """Each column is judged by itself, so that a file may have one in each."""
    lines, bad = SAMPLE, {column: values[place] for column, values in CELLS.items() if place < len(values)}
    for number, (column, value) in enumerate(bad.items()):
        lines = with_cell(lines, 142 + number, column, value)
    same(written(tmp_path, lines), tmp_path, 130)


SPELLINGS = {**HARMLESS, **REFUSED_BY_BOTH, **REFUSED_BY_THE_VALIDATOR}
# An example of each kind; `make long` takes all.
EXAMPLES = (
    "ends of lines", "a byte order mark", "spaces before commas", "quotes", "a class as a decimal",
    "a number with an exponent", "missing as empty quotes", "lines of commas",
    "another separator", "decimal commas", "infinity", "a row too long", "a name twice",
    "a column too many", "a cell of two lines",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*EXAMPLES, *(pytest.param(name, marks=pytest.mark.long) for name in SPELLINGS if name not in EXAMPLES)]
)
def test_blocks_and_memory_agree_on_every_spelling(tmp_path, name):
    (tmp_path / "rows.csv").write_bytes(SPELLINGS[name].encode())
    same(tmp_path / "rows.csv", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["cleveland", "hungarian", "article_copy"])
def test_blocks_and_memory_agree_on_real_files(tmp_path, request, file):
    same(request.getfixturevalue(file), tmp_path, 100)


@pytest.mark.slow
@pytest.mark.parametrize("partitioned", [False, True])
def test_blocks_and_memory_agree_on_folders(tmp_path, partitioned):
    data = tmp_path / "data"
    data.mkdir()
    frame = pd.read_csv(PROBLEM.sample)
    frame.loc[150:160, "age"] = 500
    if partitioned:
        for place, part in enumerate((frame[:120], frame[120:], frame[100:140])):
            part.to_parquet(data / f"part-{place}.parquet", engine="fastparquet", index=False)
    else:
        shutil.copy(PROBLEM.sample, data / "a.csv")
        frame.to_csv(data / "b.csv", index=False)
    same(data, tmp_path, 110)


@pytest.mark.parametrize("name", ["the sample", "many bad cells"])
def test_counts_and_comparisons_of_blocks_and_memory_agree(tmp_path, name):
    frame, table = same(written(tmp_path, FILES[name]), tmp_path, 130)
    counted = profile_of(frame, PROBLEM)
    assert to_json(profile_of(table, PROBLEM)) == to_json(counted)
    changed = frame.assign(age=frame["age"] + 7)
    before = profile_of(changed, PROBLEM)
    assert compare(before, table, PROBLEM, Limits()) == compare(before, frame, PROBLEM, Limits())
    assert compare(before, table, PROBLEM, Limits()).found
    assert list(table.columns) == list(COLUMNS)


MORE_RULES = (
    ("expect_column_values_to_be_unique", {"column": "chol", "mostly": 0.99}, "unique"),
    ("expect_column_median_to_be_between", {"column": "oldpeak", "min_value": 5}, "median"),
    ("expect_column_mean_to_be_between", {"column": "oldpeak", "min_value": 5}, "mean"),
    ("expect_column_values_to_be_increasing", {"column": "age"}, "increasing"),
    ("expect_column_value_lengths_to_equal", {"column": "thal", "value": 6}, "length"),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["sex", "fbs"], "sum_total": 1}, "sum"),
)


@pytest.mark.slow
@pytest.mark.parametrize("most_distinct", [10**6, 3])
def test_rules_that_need_a_whole_column_get_it(tmp_path, monkeypatch, most_distinct):
    """The last case has more different numbers than are counted, in nearly every column."""
    monkeypatch.setattr(tally, "MOST_DISTINCT", most_distinct)
    suite = suite_of(PROBLEM)
    meta = {"scope": "file"}
    suite["expectations"] += [
        {"type": kind, "kwargs": kwargs, "description": rule, "meta": {**meta, "rule": rule}}
        for kind, kwargs, rule in MORE_RULES
    ]
    monkeypatch.setattr(expectations, "suite_of", lambda _: suite)
    frame, _ = same(written(tmp_path, FILES["copies"]), tmp_path, 130)
    assert frame is not None
