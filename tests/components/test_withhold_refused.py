"""What the withhold step cannot split is refused by name."""

import pytest
from patients import raw_frame, write_csv
from test_components import run_step
from test_withhold import _text

LINE = "50,1,1,100,200,0,0,99,0,0,1,0,fixed,1\n"


REFUSALS = {
    "no target column": (_text().replace("target", "outcome"), "heart.csv lacks the column target; it has: age, "),
    "no value of the target": (
        _text() + LINE.replace(",1\n", ",\n"),
        r"column target: 1 value.s. are missing .line 62",
    ),
    "a single class": (_text().replace(",0\n", ",1\n"), "All 60 rows have the same target"),
    "few rows": (_text(3) + LINE, "None of the 4 rows falls into the withheld rows of fold"),
    "one row again and again": (_text(1) + "".join(LINE * 20 for _ in "ab"), "too few rows, or too few that differ"),
    "empty file": ("", "heart.csv is empty"),
    "no rows": (_text().splitlines()[0] + "\n\n", "has a header and no rows"),
    "a long line": (_text() + LINE.strip() + ",7\n", r"line 62: 15 cell.s., but the header names 14"),
    "a short line": (_text() + "1,2\n", r"line 62: 2 cell.s., but the header names 14"),
    "a column twice": (_text().replace("sex", "age"), "names 'age' more than once"),
    "only a target": ("target\n1\n0\n", "has no column but target"),
    "a quote inside": (_text() + LINE.replace("fixed", 'fi"x"ed'), "line 62: quotes stand inside the cell 'fi\"x\"ed'"),
    "quotes not doubled": (_text() + LINE.replace("fixed", '"fi"x"ed"'), "line 62: quotes stand inside"),
    "an open quote": (_text() + LINE.replace("fixed", '"fixed'), "a quote opens on line 62 or below"),
    "an open quote in the header": (_text().replace("age", '"age', 1), "in the header"),
    "CR alone": (_text() + LINE.replace("fixed", "fi\rxed"), "line 62: a CR without LF"),
    "NUL": (_text() + "\0", "holds NUL bytes"),
    "UTF-16": (_text().encode("utf-16"), "holds NUL bytes"),
    "latin-1": (_text().replace("fixed", "größer").encode("latin-1"), r"heart\.csv is not UTF-8"),
}


@pytest.mark.parametrize(("content", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_cannot_be_split_is_refused_by_name(withhold, tmp_path, content, message):
    (tmp_path / "heart.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(withhold.refused, match=message):
        withhold(tmp_path)


def test_files_with_other_columns_are_refused(withhold, tmp_path):
    folder = write_csv(raw_frame(60), tmp_path / "data")
    write_csv(raw_frame(60).drop(columns="ca").assign(more=1), folder, "other.csv")
    with pytest.raises(withhold.refused, match=r"other\.csv and heart\.csv differ in the column\(s\) ca, more"):
        withhold(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 1}, "folds is 1"),
        ({"folds": 21}, "folds is 21"),
        ({"hold_out": 0.0}, "hold_out is 0.0"),
        ({"hold_out": float("nan")}, "hold_out is nan"),
        ({"slices": ("weight",)}, "lacks the column weight"),
        ({"group": "patient"}, "lacks the column patient"),
    ],
)
def test_impossible_settings_are_refused(withhold, tmp_path, options, message):
    with pytest.raises(withhold.refused, match=message):
        withhold(write_csv(raw_frame(60), tmp_path / "data"), **options)


def test_a_rest_of_one_class_is_refused(withhold, tmp_path):
    frame = raw_frame(60).assign(target=0)
    frame.loc[0, "target"] = 1
    with pytest.raises(withhold.refused, match=r"All rows of the rest of fold \d have the same target"):
        withhold(write_csv(frame, tmp_path / "data"))


def test_the_command_runs_as_written_and_refuses_in_one_sentence(tmp_path):
    data = write_csv(raw_frame(200), tmp_path / "data")
    inputs = {"data": data, "target_column": "target", "folds": 3, "hold_out": 0.2, "hold_out_above": 1_000}
    outputs = {"folds": tmp_path / "folds", "labels": tmp_path / "labels"}
    done = run_step("withhold", inputs | {"slice_columns": "age,sex"}, outputs, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "labels" / "labels.csv").read_text().startswith("row,fold,target,age,sex\n0,")
    assert "pandas" not in done.stderr
    refused = run_step("withhold", inputs | {"target_column": "none"}, outputs, tmp_path)
    told = [line for line in refused.stderr.splitlines() if not line.startswith("import time:")]
    assert refused.returncode == 1
    assert len(told) == 1
    assert told[0].startswith("withhold refused its input: heart.csv lacks the column none; it has: age")
