"""Rows are read with the line they stand on, and cells that are no numbers are kept for the expectations to name."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.lib.data.canonical import header, lacks_header, to_canonical
from scripts.lib.data.inspection import inspect
from scripts.lib.data.table import numbers_only, read_table, stack
from scripts.lib.errors import DataRejected
from scripts.lib.repository.problem import find_problem

PROBLEM = find_problem("heart-disease")
COLUMNS, HEADER = PROBLEM.columns, header(PROBLEM)

ROW = "63,1,1,145,233,1,2,150,0,2.3,3,0,fixed,0"


def table_of(tmp_path, text):
    file = tmp_path / "heart.csv"
    file.write_bytes(text.encode())
    return read_table(inspect(file, PROBLEM), PROBLEM)


def test_the_index_is_the_line_of_the_file(tmp_path):
    table = table_of(tmp_path, f"\n{HEADER}\r\n{ROW}\r\n\r\n   \r\n{ROW}\r\n\r\n")
    assert table.index.tolist() == [3, 6]


def test_a_uci_file_has_its_first_row_on_line_one(tmp_path):
    table = table_of(tmp_path, "63.0,1.0,1.0,145.0,?,1.0,2.0,150.0,0.0,2.3,3.0,?,6.0,2\n" * 2)
    assert table.index.tolist() == [1, 2]
    assert table.iloc[0][["age", "thal", "target"]].tolist() == [63, "fixed", 1]
    assert table["chol"].isna().all()


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    assert table_of(tmp_path, f"\ufeff{HEADER}\n{ROW}\n").columns[0] == "age"


@pytest.mark.parametrize("nonsense", ["abc", "NA", "nan", "True", "12,", "1e", "--"])
def test_text_among_numbers_is_kept_beside_them(tmp_path, nonsense):
    cell = f'"{nonsense}"'
    table = table_of(tmp_path, f"{HEADER}\n{ROW}\n{ROW.replace('233', cell)}\n")
    assert table["chol"].tolist() == [233.0, nonsense]
    numbers = numbers_only(table, PROBLEM)["chol"].tolist()
    assert numbers[0] == 233
    assert math.isnan(numbers[1])


@pytest.mark.parametrize("missing", ["", "?"])
def test_empty_and_question_mark_are_missing(tmp_path, missing):
    table = table_of(tmp_path, f"{HEADER}\n{ROW}\n{ROW.replace('233', missing)}\n")
    assert table["chol"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (f"{ROW}\n{ROW},9\n", "line 3, saw 15"),
        (f"{ROW},9\n", "more fields than its header"),
        (f'{ROW}\n"63\n{ROW}\n', "not a table|quoted field"),
        (f'"6\n3"{ROW[2:]}\n', "quoted field that spans lines"),
    ],
)
def test_rows_of_unequal_length_are_refused(tmp_path, rows, message):
    with pytest.raises(DataRejected, match=message):
        table_of(tmp_path, f"{HEADER}\n{rows}")


def test_stacked_rows_say_file_and_line(tmp_path):
    table = table_of(tmp_path, f"{HEADER}\n{ROW}\n")
    assert stack({"a.csv": table, "b.csv": table}).index.tolist() == [("a.csv", 2), ("b.csv", 2)]


number = st.one_of(st.just("?"), st.integers(-9, 999).map(lambda n: f"{n}.0"), st.floats(0, 9).map("{:.1f}".format))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[number] * len(COLUMNS)), min_size=1, max_size=5))
def test_conversion_keeps_every_value(rows):
    lines = [",".join(row) for row in rows]
    assert all(lacks_header(line, PROBLEM) for line in lines)
    for row, line in zip(rows, to_canonical(lines, PROBLEM), strict=True):
        fields = line.split(",")
        for before, after in zip(row[:12], fields[:12], strict=True):
            assert after == "" if before == "?" else float(after) == float(before)
        words = {"3.0": "normal", "6.0": "fixed", "7.0": "reversible", "?": ""}
        if row[12] in words:
            assert fields[12] == words[row[12]]
