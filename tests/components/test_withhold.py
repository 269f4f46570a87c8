"""The withhold step: copies stay together, no way of writing a row moves it, and cells pass byte for byte."""

import csv
import hashlib
import io
import subprocess

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patients import DESCRIPTION, raw_frame, write_csv
from test_components import run_step

from scripts.lib.data.source import folder_digest
from scripts.lib.repository.problem import find_problem

FIXTURE = HealthCheck.function_scoped_fixture


def _rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def _fold_of(done):
    return done.labels["fold"].astype(int).to_numpy()


def _text(rows=60):
    return raw_frame(rows).to_csv(index=False)


def test_each_row_of_few_is_withheld_once_and_without_its_target(withhold, tmp_path):
    frame = raw_frame(303)
    data = write_csv(frame, tmp_path / "data")
    done = withhold(data, slices=("age", "thal"))
    everything = _rows(data / "heart.csv")
    fold = _fold_of(done)
    assert done.told["protocol"] == "cross_fitted"
    assert done.told["rows"] == len(done.labels) == 303
    assert done.labels["row"].tolist() == [str(row) for row in range(303)]
    assert done.labels["target"].tolist() == frame["target"].astype(str).tolist()
    assert done.labels["age"].tolist() == frame["age"].astype(str).tolist()
    assert done.labels["thal"].tolist() == frame["thal"].tolist()
    assert _rows(done.folds / "all" / "rows.csv") == [row[:-1] for row in everything]
    for told in done.told["folds"]:
        withheld = fold == int(told["name"])
        assert (told["withheld_rows"], told["rest_rows"]) == (withheld.sum(), (~withheld).sum())
        header, *rows = _rows(done.folds / told["name"] / "withheld" / "rows.csv")
        assert header == everything[0][:-1]
        assert rows == [everything[row + 1][:-1] for row in np.flatnonzero(withheld)]
        header, *rows = _rows(done.folds / told["name"] / "rest" / "rows.csv")
        assert header == everything[0]
        assert rows == [everything[row + 1] for row in np.flatnonzero(~withheld)]
    assert set(np.bincount(fold, minlength=5) > 30) == {True}


def test_one_share_of_many_rows_is_withheld(withhold, tmp_path):
    data = write_csv(raw_frame(3_000), tmp_path / "data")
    done = withhold(data, hold_out=0.2, hold_out_above=2_999)
    (told,) = done.told["folds"]
    assert done.told["protocol"] == "hold_out"
    assert told["withheld_rows"] == len(done.labels) == pytest.approx(600, abs=70)
    assert told["rest_rows"] + told["withheld_rows"] == 3_000
    assert not (done.folds / "all").exists()
    assert set(done.labels["fold"]) == {"0"}
    everything = _rows(data / "heart.csv")[1:]
    withheld = _rows(done.folds / "0" / "withheld" / "rows.csv")[1:]
    assert withheld == [everything[int(row)][:-1] for row in done.labels["row"]]
    assert done.labels["target"].tolist() == [everything[int(row)][-1] for row in done.labels["row"]]
    assert withhold(data, "again", hold_out_above=3_000).told["protocol"] == "cross_fitted"


@settings(deadline=None, max_examples=15, suppress_health_check=[FIXTURE])
@given(seed=st.integers(0, 2**32 - 1), files=st.integers(1, 4))
def test_order_of_rows_files_and_columns_moves_no_row(withhold, tmp_path_factory, seed, files):
    frame = raw_frame(120).assign(name=[f"patient {row}" for row in range(120)])
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("shuffled")
    for number, part in enumerate(np.array_split(rng.permutation(len(frame)), files)):
        write_csv(frame.iloc[part][rng.permutation(frame.columns)], folder / f"{number % 2}", f"{number}.csv")
    told = {"slices": ("name",)}
    straight = withhold(write_csv(frame, tmp_path_factory.mktemp("straight")), "straight", **told)
    shuffled = withhold(folder, "shuffled", **told)
    fold, target = (dict(zip(straight.labels["name"], straight.labels[key], strict=True)) for key in ("fold", "target"))
    assert shuffled.labels["fold"].tolist() == [fold[name] for name in shuffled.labels["name"]]
    assert shuffled.labels["target"].tolist() == [target[name] for name in shuffled.labels["name"]]
    for told in shuffled.told["folds"]:
        withheld = pd.read_csv(shuffled.folds / told["name"] / "withheld" / "rows.csv")
        assert withheld["name"].tolist() == shuffled.labels["name"][shuffled.labels["fold"] == told["name"]].tolist()


NUMBERS = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.0, -0.0])
)


def _spellings(value):
    number = float(value)
    return [repr(number), f"{number:.17e}", f" {number!r} ", f'"{number!r}"', f'" {number!r}"', f"{number!r}\t"] + (
        [str(int(number)), f"{int(number)}.000"] if number.is_integer() and abs(number) < 2**53 else []
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[FIXTURE])
@given(
    rows=st.lists(st.tuples(NUMBERS, st.sampled_from(["word", "größer, als", "a longer word", "", "?"])), min_size=30),
    data=st.data(),
)
def test_the_way_a_value_is_written_and_its_target_move_no_row(withhold_modules, rows, data):
    def keys(raw):
        columns = withhold_modules.table.Columns("y", None, (), "")
        source = withhold_modules.scanning.open_source(_Named("a.csv"), raw.encode())
        return withhold_modules.table._part(source, columns).keys.tolist()

    def quoted(text):
        return f'"{text}"' if "," in text else text

    plain = "".join(f"{float(number)!r},{quoted(text)},1\n" for number, text in rows)
    written = "".join(
        f"{data.draw(st.sampled_from(_spellings(number)))},{quoted(text)} ,{data.draw(st.integers(0, 9))}\r\n"
        for number, text in rows
    )
    assert keys("a,b,y\n" + plain) == keys("\ufeffa,b,y\r\n" + written)


class _Named:
    def __init__(self, name):
        self.name = name


def test_different_values_have_different_keys(withhold_modules):
    values = ["0", "1", "-1", "10", "0.1", "1e300", "inf", "nan", "NA", "a", "b", "A", "1 2", "a" * 8, "a" * 9, "1" * 9]
    raw = "a,y\n" + "".join(f"{value},1\n" for value in values)
    source = withhold_modules.scanning.open_source(_Named("a.csv"), raw.encode())
    part = withhold_modules.table._part(source, withhold_modules.table.Columns("y", None, (), ""))
    assert len(set(part.keys.tolist())) == len(values)


@settings(deadline=None, max_examples=10, suppress_health_check=[FIXTURE])
@given(seed=st.integers(0, 2**32 - 1), above=st.sampled_from([50, 10_000]))
def test_copies_of_a_row_are_never_on_both_sides(withhold, tmp_path_factory, seed, above):
    frame = raw_frame(150, seed=seed)
    copies = frame.sample(60, random_state=seed % 1000, replace=True)
    copies["target"] = 1 - copies["target"]
    floats = copies.astype({name: float for name in frame.columns if name not in ("thal", "target")})
    folder = write_csv(frame, tmp_path_factory.mktemp("data"))
    write_csv(floats, folder, "more.csv")
    done = withhold(folder, hold_out_above=above)
    for told in done.told["folds"]:
        sides = [pd.read_csv(done.folds / told["name"] / side / "rows.csv") for side in ("rest", "withheld")]
        rest, withheld = (set(map(tuple, side[list(frame.columns[:-1])].to_numpy().tolist())) for side in sides)
        assert withheld
        assert not rest & withheld


def test_rows_of_a_group_stay_together_whatever_else_they_hold(withhold, tmp_path):
    frame = raw_frame(400).assign(patient=[f"p{row % 80}" for row in range(400)])
    data = write_csv(frame, tmp_path / "data")
    done = withhold(data, group="patient")
    assert done.labels["patient"].tolist() == frame["patient"].tolist()
    assert (done.labels.groupby("patient")["fold"].nunique() == 1).all()
    assert done.labels["fold"].nunique() == 5
    assert done.told["group_column"] == "patient"
    frame.loc[7, "patient"] = ""
    with pytest.raises(withhold.refused, match=r"heart\.csv, column patient: 1 value\(s\) are missing \(line 9 first"):
        withhold(write_csv(frame, tmp_path / "data"), group="patient")


def test_another_salt_gives_another_split(withhold, tmp_path):
    data = write_csv(raw_frame(300), tmp_path / "data")
    first, same, other = withhold(data, "a"), withhold(data, "b"), withhold(data, "c", salt="2")
    assert first.told == same.told
    assert first.told["folds_digest"] != other.told["folds_digest"]
    assert first.told["data_digest"] == other.told["data_digest"]
    assert (_fold_of(first) == _fold_of(other)).mean() < 0.4


def test_a_row_keeps_its_fold_when_rows_are_added(withhold, tmp_path):
    frame = raw_frame(300)
    few, many = (withhold(write_csv(frame[:rows], tmp_path / str(rows)), str(rows)) for rows in (120, 300))
    assert _fold_of(few).tolist() == _fold_of(many)[:120].tolist()
    assert few.told["folds_digest"] != many.told["folds_digest"]


def test_the_split_is_not_the_one_that_training_makes_for_itself(withhold, prepare, prepare_modules, tmp_path):
    data = write_csv(raw_frame(5_000).drop(columns="thal").assign(thal=3), tmp_path / "data")
    fold = _fold_of(withhold(data))
    columns = prepare_modules.description.load(DESCRIPTION)
    (frame,) = prepare_modules.reading.chunks(data / "heart.csv", columns, True)
    inner = prepare_modules.identity.folds(prepare_modules.identity.row_keys(frame, columns))
    together = np.bincount(fold * 10 + inner, minlength=50)
    assert together.min() > 60


def test_cells_pass_as_they_are(withhold, tmp_path):
    cells = ['" two, words "', '"with ""quotes"""', " 007", "1.50", '"line\nbreak"', "größer", "'", "1e3", "?", '""']
    rows = [f"{cells[row % len(cells)]},{row},{row % 2},{row}.0" for row in range(100)]
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_bytes(("\ufeffa , b,y,c\r\n" + "\r\n".join(rows)).encode())
    done = withhold(folder, target="y", slices=("a",))
    fold = _fold_of(done)
    for told in done.told["folds"]:
        withheld = [row for row in range(100) if fold[row] == int(told["name"])]
        content = (done.folds / told["name"] / "withheld" / "rows.csv").read_bytes().decode()
        lines = [f"{cells[row % 10]},{row},{row}.0" for row in withheld]
        assert content.replace("\r\n", "\n") == "a,b,c\n" + "\n".join(lines) + "\n"
        rest = (done.folds / told["name"] / "rest" / "rows.csv").read_bytes().decode()
        assert (
            rest.replace("\r\n", "\n")
            == "a,b,y,c\n" + "\n".join(rows[row] for row in range(100) if row not in withheld) + "\n"
        )
    parsed = [next(csv.reader(io.StringIO(cell.strip())))[0] if "\n" not in cell else "line\nbreak" for cell in cells]
    assert done.labels["a"].tolist() == [parsed[row % 10] for row in range(100)]


def test_empty_lines_and_rows_of_a_target_alone_are_no_rows(withhold, tmp_path, capsys):
    frame = raw_frame(60)
    folder = write_csv(frame, tmp_path / "data")
    lines = (folder / "heart.csv").read_text().splitlines()
    lines[3:3] = ["", " ", "," * 13, "?" + "," * 13 + "1", "\r"]
    (folder / "heart.csv").write_text("\n".join(lines) + "\n\n\n")
    done = withhold(folder)
    assert done.labels["target"].tolist() == frame["target"].astype(str).tolist()
    assert "heart.csv: left out 2 record(s) that are empty or hold nothing but a target" in capsys.readouterr().out


def test_the_digest_of_the_data_is_the_one_that_the_release_line_computes(withhold, tmp_path):
    folder = write_csv(raw_frame(80), tmp_path / "data", "b.csv")
    write_csv(raw_frame(40, seed=2), folder, "a.csv")
    listed = subprocess.run(["sha256sum", "a.csv", "b.csv"], cwd=folder, capture_output=True, text=True, check=True)
    digests = sorted(line.split()[0] for line in listed.stdout.splitlines())
    told = withhold(folder).told["data_digest"]
    assert told == "sha256:" + hashlib.sha256("".join(digests).encode()).hexdigest()
    assert told == "sha256:" + folder_digest(folder, find_problem("heart-disease"))
    (folder / "a.csv").write_text((folder / "a.csv").read_text() + "\n")
    assert withhold(folder, "more").told["data_digest"] != told


def test_only_the_description_of_the_columns_goes_along(withhold, tmp_path):
    folder = write_csv(raw_frame(80), tmp_path / "data")
    (folder / "datapackage.json").write_text('{"resources": []}')
    (folder / "copy.parquet").write_text("could hold the labels")
    done = withhold(folder)
    for place in ("0/rest", "0/withheld", "all"):
        assert {path.name for path in (done.folds / place).iterdir()} == {"rows.csv", "datapackage.json"}


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


def test_blocks_of_any_size_give_the_same(withhold, withhold_modules, tmp_path, monkeypatch):
    data = tmp_path / "data"
    frame = raw_frame(200).assign(note=[f'größe "{row}",\n and more' for row in range(200)])
    write_csv(frame, data)
    whole = withhold(data, "whole", slices=("note",))
    for size in (7, 100, 1_000):
        monkeypatch.setattr(withhold_modules.scanning, "BLOCK_BYTES", size)
        monkeypatch.setattr(withhold_modules.writing, "WRITE_ROWS", size)
        pieces = withhold(data, str(size), slices=("note",))
        assert pieces.told == whole.told
        assert pieces.labels.equals(whole.labels)
        for path in whole.folds.rglob("rows.csv"):
            assert (pieces.folds / path.relative_to(whole.folds)).read_bytes() == path.read_bytes()


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
