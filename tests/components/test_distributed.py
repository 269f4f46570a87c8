"""Several processes make of the same rows what one makes: the same split, folds, columns and files."""

import json

import numpy as np
import pandas as pd
import pytest
from patients import raw_frame, write_csv
from several import prepare_arguments, run, train_arguments
from test_tasks import description, frame_of

from scripts.lib.repository.files import ROOT

EVALUATION = ("metrics.json", "predictions.csv", "curves.json")


def joined(folder, name):
    """Return an array of prepared data, whatever the parts it lies in."""
    parts = json.loads((folder / "prepared.json").read_text()).get("parts")
    places = [folder / f"part-{part:05d}" for part in range(parts)] if parts else [folder]
    return np.concatenate([np.load(place / name) for place in places])


def files(folder):
    return {name: (folder / "evaluation" / name).read_bytes() for name in EVALUATION}


def metrics(folder):
    return json.loads((folder / "evaluation" / "metrics.json").read_text())


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """12,000 patients in three files, prepared and trained on by one process."""
    folder = tmp_path_factory.mktemp("many")
    frame = raw_frame(12_000)
    for name, part in (("a.csv", frame[:100]), ("b.csv", frame[100:9_000]), ("c.csv", frame[9_000:])):
        write_csv(part, folder / "data", name)
    run("prepare", prepare_arguments(folder / "data", folder / "1"), 1, folder)
    run("train_xgb", train_arguments(folder / "1", folder / "1"), 1, folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_many_rows_are_divided(many, tmp_path, size):
    out = tmp_path / "out"
    run("prepare", prepare_arguments(many / "data", out), size, tmp_path)
    for name in ("rows.npy", "features.npy"):
        assert joined(out / "prepared", name).tobytes() == joined(many / "1" / "prepared", name).tobytes()
    told, alone = (json.loads((each / "prepared" / "prepared.json").read_text()) for each in (out, many / "1"))
    assert told == {**alone, "parts": size}
    learned = [each / "transformations" / "transformations.json" for each in (out, many / "1")]
    assert learned[0].read_bytes() == learned[1].read_bytes()

    run("train_xgb", train_arguments(out, out), size, tmp_path)
    mine, theirs = metrics(out), metrics(many / "1")
    assert {**mine, "metrics": 0, "parameters": 0} == {**theirs, "metrics": 0, "parameters": 0}
    assert abs(mine["metrics"]["roc_auc"] - theirs["metrics"]["roc_auc"]) < 0.002
    assert abs(mine["metrics"]["log_loss"] - theirs["metrics"]["log_loss"]) < 0.005
    rows = [pd.read_csv(each / "evaluation" / "predictions.csv").drop(columns="score") for each in (out, many / "1")]
    pd.testing.assert_frame_equal(*rows)

    run("train_xgb", train_arguments(out, tmp_path / "again"), size, tmp_path)
    assert files(out) == files(tmp_path / "again")
    models = [(each / "model" / "model.ubj").read_bytes() for each in (out, tmp_path / "again")]
    assert models[0] == models[1]


@pytest.mark.slow
def test_the_parts_of_preparing_may_be_others_than_those_of_training(many, tmp_path):
    """Two processes learn from the rows that one has prepared, and one from those that two have prepared."""
    run("prepare", prepare_arguments(many / "data", tmp_path / "two"), 2, tmp_path)
    run("train_xgb", train_arguments(tmp_path / "two", tmp_path / "two"), 2, tmp_path)
    run("train_xgb", train_arguments(many / "1", tmp_path / "mixed"), 2, tmp_path)
    assert files(tmp_path / "mixed") == files(tmp_path / "two")
    run("train_xgb", train_arguments(tmp_path / "two", tmp_path / "alone"), 1, tmp_path)
    assert files(tmp_path / "alone") == files(many / "1")


@pytest.mark.parametrize("size", [2, 3])
def test_few_rows_give_the_same_to_the_last_byte(tmp_path, size):
    """Each process fits some of the folds."""
    data = write_csv(raw_frame(150), tmp_path / "data")
    for count in (1, size):
        out = tmp_path / str(count)
        run("prepare", prepare_arguments(data, out), count, tmp_path)
        run("train_xgb", train_arguments(out, out), count, tmp_path)
    assert files(tmp_path / "1") == files(tmp_path / str(size))
    models = [(tmp_path / str(count) / "model" / "model.ubj").read_bytes() for count in (1, size)]
    assert models[0] == models[1]


@pytest.mark.slow
@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_every_task_with_weights(tmp_path, task):
    data = write_csv(frame_of(task, 11_000, weighted=True), tmp_path / "data")
    described = description(task, tmp_path, weighted=True)
    for count in (1, 2):
        out = tmp_path / str(count)
        run("prepare", prepare_arguments(data, out, description=described), count, tmp_path)
        run("train_xgb", train_arguments(out, out, "result"), count, tmp_path)
    mine, theirs = metrics(tmp_path / "2")["metrics"], metrics(tmp_path / "1")["metrics"]
    assert mine == pytest.approx(theirs, rel=0.01, abs=0.05)


def test_quotes_and_line_ends_inside_cells_are_read_by_one_process(tmp_path):
    """Wherever the bytes are divided, a line end inside quotes ends no record."""
    frame = frame_of("regression", 60).assign(note='"a",\nb\n\n', colour="red\nor blue, x")
    data = write_csv(frame, tmp_path / "data")
    described = description("regression", tmp_path, weighted=False)
    for count in (1, 5):
        run("prepare", prepare_arguments(data, tmp_path / str(count), description=described), count, tmp_path)
    for name in ("rows.npy", "features.npy"):
        one, five = (joined(tmp_path / str(count) / "prepared", name).tobytes() for count in (1, 5))
        assert one == five


@pytest.mark.slow
@pytest.mark.parametrize("made_by", ["duckdb_partitioned", "pandas"])
def test_parquet_files_are_divided_whole(tmp_path, made_by):
    (tmp_path / "csv").mkdir()
    lines = (ROOT / "data/heart-disease/synthetic.csv").read_text().splitlines(keepends=True)[:121]  # as the files hold
    (tmp_path / "csv" / "rows.csv").write_text("".join(lines))
    described = {"description": ROOT / "data/heart-disease/datapackage.json"}
    run("prepare", prepare_arguments(tmp_path / "csv", tmp_path / "1", **described), 1, tmp_path)
    data = ROOT / "tests/data/parquet" / made_by
    run("prepare", prepare_arguments(data, tmp_path / "2", **described), 2, tmp_path)
    for name in ("rows.npy", "features.npy"):
        assert (
            joined(tmp_path / "2" / "prepared", name).tobytes() == joined(tmp_path / "1" / "prepared", name).tobytes()
        )


@pytest.mark.slow
def test_a_table_of_another_spelling_is_divided(tmp_path):
    """Each process reads copies of its own."""
    frame, data = raw_frame(12_000), tmp_path / "data"
    files = {"a.csv": frame[:100], "b.csv": frame[100:]}
    for name, part in files.items():
        write_csv(part, tmp_path / "plain", name)
        write_csv(part, data, name).joinpath(name).write_text((data / name).read_text().replace(",", ";"))
    paths = ", ".join(f"{{file: ./{name}}}" for name in files)
    (data / "MLTable").write_text(f'paths: [{paths}]\ntransformations:\n- read_delimited: {{delimiter: ";"}}\n')
    for folder, size in ((tmp_path / "plain", 1), (data, 2)):
        run("prepare", prepare_arguments(folder, tmp_path / str(size)), size, tmp_path)
    one, two = (joined(tmp_path / size / "prepared", "features.npy").tobytes() for size in "12")
    assert one == two
