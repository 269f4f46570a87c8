"""The withhold step: each row is withheld once, whatever the order of files and columns, and cells stay as they are."""

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
    path = data / "heart.csv"
    source = prepare_modules.scanning.open_source(path, prepare_modules.scanning.mapped(path))
    (frame,) = prepare_modules.reading.chunks(source, columns, True)
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
    (folder / "copy.arrow").write_text("could hold the labels")
    done = withhold(folder)
    for place in ("0/rest", "0/withheld", "all"):
        assert {path.name for path in (done.folds / place).iterdir()} == {"rows.csv", "MLTable", "datapackage.json"}


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
