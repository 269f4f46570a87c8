"""The prepare step: each row keeps its identity and its side, and categories are learned from training rows alone."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patients import raw_frame, write_csv


@pytest.mark.parametrize(("encoding", "features"), [("ordinal", 13), ("onehot", 22)])
def test_cleveland(cleveland, prepare, tmp_path, encoding, features):
    done = prepare(write_csv(cleveland, tmp_path / "data"), categorical_encoding=encoding)
    assert done.features.shape == (303, features)
    assert done.features.dtype == np.float32
    assert done.rows["target"].sum() == 139
    assert np.isnan(done.features).any(axis=1).sum() == 6
    assert 0.2 < done.rows["evaluation"].mean() < 0.4
    assert np.all(done.rows["key"][1:] > done.rows["key"][:-1])


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), files=st.integers(1, 4))
def test_order_of_rows_files_and_columns_leaves_no_trace(prepare, tmp_path_factory, seed, files):
    frame = raw_frame(120)
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("shuffled")
    parts = np.array_split(rng.permutation(len(frame)), files)
    for number, part in enumerate(parts):
        write_csv(frame.iloc[part][rng.permutation(frame.columns)], folder / f"{number % 2}", f"{number}.csv")
    straight = prepare(write_csv(frame, tmp_path_factory.mktemp("straight")), "straight")
    shuffled = prepare(folder, "shuffled")
    for name in ("rows.npy", "features.npy", "prepared.json"):
        assert (straight.folder / name).read_bytes() == (shuffled.folder / name).read_bytes()


def test_the_way_a_number_is_written_leaves_no_trace(prepare, tmp_path):
    frame = raw_frame(60)
    floats = frame.astype({name: float for name in frame.columns if name not in ("thal", "oldpeak")})
    first = prepare(write_csv(frame, tmp_path / "a"), "a")
    second = prepare(write_csv(floats, tmp_path / "b"), "b")
    assert first.rows.tobytes() == second.rows.tobytes()
    assert first.features.tobytes() == second.features.tobytes()


def test_a_row_keeps_its_side_when_rows_are_added_and_under_every_encoding(prepare, tmp_path):
    frame = raw_frame(200)
    few = prepare(write_csv(frame[:80], tmp_path / "few"), "few", categorical_encoding="onehot")
    many = prepare(write_csv(frame, tmp_path / "many"), "many", categorical_encoding="ordinal")
    sides = dict(zip(many.rows["key"].tolist(), many.rows[["fold", "evaluation"]].tolist(), strict=True))
    assert [sides[key] for key in few.rows["key"].tolist()] == few.rows[["fold", "evaluation"]].tolist()


@pytest.mark.parametrize("eval_size", [0.1, 0.3, 0.5])
def test_the_held_out_share_and_the_folds_are_as_asked(prepare, tmp_path, eval_size):
    rows = prepare(write_csv(raw_frame(20_000), tmp_path / "data"), eval_size=eval_size).rows
    assert rows["evaluation"].mean() == pytest.approx(eval_size, abs=0.015)
    shares = np.bincount(rows["fold"], minlength=10) / len(rows)
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.012)
    held_out = np.bincount(rows["fold"][rows["evaluation"]], minlength=10) / rows["evaluation"].sum()
    assert held_out == pytest.approx(np.full(10, 0.1), abs=0.03)


def test_copies_of_a_row_share_a_side_and_have_ids_of_their_own(prepare, tmp_path):
    frame = raw_frame(50)
    twice = pd.concat([frame, frame.assign(target=1 - frame.target), frame[:5]])
    rows = prepare(write_csv(twice, tmp_path / "data")).rows
    assert len(np.unique(rows[["key", "occurrence"]])) == 105
    for key in np.unique(rows["key"]):
        assert len(np.unique(rows[rows["key"] == key][["fold", "evaluation"]])) == 1


def test_categories_are_learned_from_all_of_few_rows(prepare, tmp_path):
    frame = raw_frame(300).assign(thal="normal")
    frame.loc[_sides(prepare, tmp_path, frame), "thal"] = "fixed"
    assert 0 < (frame.thal == "fixed").sum() < 200
    done = prepare(write_csv(frame, tmp_path / "data"))
    categories = json.loads((done.transformations / "transformations.json").read_text())["categories"]
    assert categories["thal"] == ["fixed", "normal"]


def test_categories_are_learned_from_the_training_rows_of_many(prepare, tmp_path, capsys):
    frame = raw_frame(20_000)
    sides = _sides(prepare, tmp_path, frame)
    lone = frame.index[sides & (frame.thal == "fixed")]
    kept = frame.drop(frame.index[(frame.thal == "fixed") & ~sides])
    done = prepare(write_csv(kept, tmp_path / "data"))
    categories = json.loads((done.transformations / "transformations.json").read_text())["categories"]
    assert categories["thal"] == ["normal", "reversible"]
    assert (done.features[:, -1] == 0).sum() == len(lone) > 0
    assert f"Unknown category: thal=fixed in {len(lone)} row(s)" in capsys.readouterr().out


def _sides(prepare, tmp_path, frame):
    """Return which rows of ``frame`` are held out, by preparing each row's age as its number."""
    numbered = frame.assign(age=np.arange(len(frame)))
    frame["age"] = numbered["age"]
    done = prepare(write_csv(numbered, tmp_path / "numbered"), "numbered")
    return done.rows["evaluation"][np.argsort(done.features[:, 0])]


def test_given_transformations_are_applied_and_nothing_is_learned(prepare, tmp_path, capsys):
    learned = prepare(write_csv(raw_frame(200), tmp_path / "a"), "a", categorical_encoding="onehot", eval_size=0.4)
    new = raw_frame(30, seed=1).drop(columns="target")
    new.loc[0, "thal"] = "unheard of"
    capsys.readouterr()
    applied = prepare(write_csv(new, tmp_path / "b"), "b", transformations=learned.transformations)
    out = capsys.readouterr().out
    assert "Learned" not in out
    assert "thal=unheard of in 1 row(s)" in out
    name = "transformations.json"
    assert (applied.transformations / name).read_text() == (learned.transformations / name).read_text()
    description = json.loads((applied.folder / "prepared.json").read_text())
    assert description["target_column"] is None
    assert description["eval_size"] == 0.4
    assert (applied.features[:, -3:].sum(axis=1) == 0).sum() == 1


@pytest.mark.parametrize("empty", ["", "?", " ? "])
@pytest.mark.parametrize(("encoding", "columns"), [("ordinal", [12]), ("onehot", [19, 20, 21])])
def test_missing_values_stay_missing(prepare, tmp_path, empty, encoding, columns):
    frame = raw_frame(100)
    frame["ca"] = frame["ca"].astype(str)
    frame.loc[3, ["thal", "ca"]] = empty
    done = prepare(write_csv(frame, tmp_path / "data"), categorical_encoding=encoding)
    row = np.flatnonzero(np.isnan(done.features).any(axis=1))
    assert len(row) == 1
    assert np.flatnonzero(np.isnan(done.features[row[0]])).tolist() == [8, *columns]


def test_blank_lines_are_skipped_and_told(prepare, tmp_path, capsys):
    folder = write_csv(raw_frame(30), tmp_path / "data")
    with (folder / "heart.csv").open("a") as file:
        file.write("\n,,,,,,,,,,,,,\n\n")
    assert len(prepare(folder).rows) == 30
    assert "Skipped 3 blank line(s) of heart.csv" in capsys.readouterr().out


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), files=st.integers(1, 3))
def test_rows_to_score_keep_their_order_and_number(prepare, tmp_path_factory, seed, files):
    learned = prepare(write_csv(raw_frame(200), tmp_path_factory.mktemp("learn")), "learn").transformations
    rng = np.random.default_rng(seed)
    frame = raw_frame(60, seed).drop(columns="target").sample(80, replace=True, random_state=seed % 1000)
    frame = frame.assign(chol=np.arange(80), name="someone").astype({"age": float})
    frame.iloc[rng.integers(0, 80), :-1] = np.nan
    folder = tmp_path_factory.mktemp("score")
    for number, part in enumerate(np.array_split(frame, files)):
        write_csv(part[rng.permutation(part.columns)], folder, f"{number}.csv")
        with (folder / f"{number}.csv").open("a") as file:
            file.write("\n" + "," * 13 + "\n" + "?, ? ,?" + "," * 11 + '\n" ",' + "," * 12 + "\n")
    done = prepare(folder, "score", transformations=learned)
    assert done.features[:, 3].tolist() == pytest.approx(frame["chol"].tolist(), nan_ok=True)
    assert done.features[:, 0].tolist() == pytest.approx(frame["age"].tolist(), nan_ok=True)
    assert len(np.unique(done.rows[["key", "occurrence"]])) == 80


@pytest.mark.parametrize("target", ["", "?", "absent"])
def test_rows_to_score_need_no_target(prepare, tmp_path, target):
    learned = prepare(write_csv(raw_frame(60), tmp_path / "a"), "a").transformations
    frame = raw_frame(20).drop(columns="target") if target == "absent" else raw_frame(20).assign(target=target)
    done = prepare(write_csv(frame, tmp_path / "b"), "b", transformations=learned)
    assert len(done.rows) == 20
    assert json.loads((done.folder / "prepared.json").read_text())["target_column"] is None


@settings(deadline=None, max_examples=200)
@given(keys=st.lists(st.integers(0, 5) | st.integers(0, 2**64 - 1), max_size=30))
def test_occurrences_count_the_equal_ones_before(prepare_modules, keys):
    counted = prepare_modules.identity.occurrences(np.array(keys, np.uint64)).tolist()
    assert counted == [keys[:place].count(key) for place, key in enumerate(keys)]
