"""Many rows are judged as few are: what saves memory and time changes no metric, and no bound beyond chance."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.gate_populations import SHIPPED
from scripts.lib.gate import calibration, estimates
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.ranking import among, falling
from scripts.lib.gate.reading import read_scores
from scripts.lib.gate.refusals import EvaluationRefused
from tests.components.patients import component_modules
from tests.gate.samples import OF_TWO_CLASSES, blurred, simulate

ROWS = 60_000


@pytest.fixture(scope="module")
def rows():
    return simulate(ROWS)


def by_metric(rows, score):
    return Sample(rows, 0.5).estimates(Scored("side", score), OF_TWO_CLASSES.values())


def test_rows_that_share_a_unit_leave_value_and_variance(rows, monkeypatch):
    exact = by_metric(*rows)
    monkeypatch.setattr(estimates, "MOST_UNITS", 6_000)
    shared = by_metric(*rows)
    for name, one in exact.items():
        other = shared[name]
        assert len(one.by_unit) == ROWS
        assert len(other.by_unit) == 6_000
        assert (other.value, other.rarer_class, other.trials) == (one.value, one.rarer_class, one.trials)
        # The chance of a variance of so many sums: a standard error of sqrt(2 / 6000), 1.8 %.
        assert other.variance == pytest.approx(one.variance, rel=0.07), name


def test_rows_sorted_by_class_share_units_by_chance(rows, monkeypatch):
    """Neighbours that are alike would make a unit vary more, or less, than rows that came by chance do."""
    judged, score = rows
    order = np.lexsort((score, judged.target))
    alike = type(judged)(judged.row, judged.target[order], judged.protocol)
    monkeypatch.setattr(estimates, "MOST_UNITS", 6_000)
    shared, exact = by_metric(alike, score[order]), by_metric(judged, score)
    for name in exact:
        assert shared[name].variance == pytest.approx(exact[name].variance, rel=0.07), name


def test_groups_are_units_however_many_rows_there_are(rows, monkeypatch):
    judged, score = rows
    grouped = type(judged)(judged.row, judged.target, judged.protocol, group=np.arange(ROWS) // 3)
    monkeypatch.setattr(estimates, "MOST_UNITS", 1_000)
    assert {len(one.by_unit) for one in by_metric(grouped, score).values()} == {ROWS // 3}


def test_blocks_and_a_coarse_start_find_the_same_calibration(rows, monkeypatch):
    at_once = by_metric(*rows)
    monkeypatch.setattr(calibration, "BLOCK", 777)
    monkeypatch.setattr(calibration, "MANY", 5_000)
    in_blocks = by_metric(*rows)
    for name in ("calibration_slope", "calibration_intercept"):
        assert in_blocks[name].value == pytest.approx(at_once[name].value, abs=1e-7)
        assert in_blocks[name].by_unit == pytest.approx(at_once[name].by_unit, abs=1e-9)


def test_the_order_of_a_slice_is_that_of_sorting_it(rows):
    score = rows[1].round(3)  # with ties
    chosen = rows[0].columns["sex"] == 1
    np.testing.assert_array_equal(among(falling(score), chosen), falling(score[chosen]))


def test_a_verdict_does_not_depend_on_shared_units(rows, monkeypatch):
    judged, score = rows
    sides = Scored("candidate", blurred(score, 0.1)), Scored("champion", score)
    exact = evaluate(judged, *sides, SHIPPED)
    monkeypatch.setattr(estimates, "MOST_UNITS", 6_000)
    shared = evaluate(judged, *sides, SHIPPED)
    assert [rule.outcome for rule in shared.rules] == [rule.outcome for rule in exact.rules]
    assert shared.candidate_metrics == exact.candidate_metrics


def scored(folder, table):
    folder.mkdir()
    table.to_parquet(folder / "predictions.parquet", engine="fastparquet")
    return folder


def test_scores_in_parquet_are_read_and_refused_as_those_in_csv_are(tmp_path):
    table = pd.DataFrame({"row": np.arange(9)[::-1], "score": np.linspace(0, 1, 9, dtype=np.float32)})
    fold = np.zeros(9, dtype=np.int64)
    read = read_scores({0: scored(tmp_path / "whole", table)}, fold)
    np.testing.assert_array_equal(read, table.score.to_numpy(np.float64)[::-1])
    for name, damaged, reason in (
        ("short", table.iloc[1:], "row-count-disagrees"),
        ("twice", table.assign(row=0), "duplicate-row"),
        ("nameless", table.rename(columns={"score": "result"}), "missing-column"),
    ):
        with pytest.raises(EvaluationRefused) as caught:
            read_scores({0: scored(tmp_path / name, damaged)}, fold)
        assert caught.value.reason == reason
    file = tmp_path / "whole" / "predictions.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(EvaluationRefused, match=r"predictions\.parquet is no Parquet file"):
        read_scores({0: tmp_path / "whole"}, fold)


def test_the_scorer_writes_many_scores_as_parquet(tmp_path, monkeypatch):
    modules = component_modules("score")
    features = modules.inputs.Features(np.zeros((50, 2), np.float32), ["a", "b"], ["score"])
    scores = np.random.default_rng(0).random((50, 1), dtype=np.float32)
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    ids = ("patient", [f"p{row}" for row in range(50)])
    modules.predictions.write(tmp_path / "few", scores, ids, {}, features)
    monkeypatch.setattr(modules.predictions, "PARQUET_ROWS", 20)
    modules.predictions.write(tmp_path / "many", scores, ids, {}, features)
    assert not (tmp_path / "many" / "predictions.csv").exists()
    fold = np.zeros(50, dtype=np.int64)
    few, many = (read_scores({0: tmp_path / name}, fold) for name in ("few", "many"))
    np.testing.assert_array_equal(many, scores[:, 0].astype(np.float64))
    np.testing.assert_array_equal(few.astype(np.float32), scores[:, 0])
    table = pd.read_parquet(tmp_path / "many" / "predictions.parquet", engine="fastparquet")
    assert table.patient.tolist() == ids[1]
    told = json.loads((tmp_path / "many" / "scoring.json").read_text())
    content = (tmp_path / "many" / "predictions.parquet").read_bytes()
    assert told["predictions_digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
