"""Every task and both training components, from rows to scores and a report that the gate reads."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from patients import component_modules, write_csv
from sklearn import metrics as reference
from test_components import run_step

from scripts.lib.gate.config import Gate
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.self_report import read_self_report

TRAINERS = ("train_xgb", "train_hgb")
CLASSES = {"binary": ["no", "yes"], "multiclass": ["low", "mid, or so", "high"], "regression": []}
TASKS = tuple(CLASSES)


def frame_of(task, rows=400, seed=0, weighted=False):
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": generator.normal(size=rows).round(3),
            "age": generator.integers(0, 90, rows).astype(float),
            "colour": generator.choice(["red", "green", "blue"], rows),
        }
    )
    signal = frame["size"] + (frame["colour"] == "red") + 0.02 * frame["age"] + 0.4 * generator.normal(size=rows)
    frame.loc[generator.random(rows) < 0.1, "age"] = np.nan
    if task == "regression":
        frame["result"] = (50 + 10 * signal).round(2)
    else:
        bounds = [1.2] if task == "binary" else [0.6, 1.8]
        frame["result"] = np.array(CLASSES[task])[np.digitize(signal, bounds)]
    if weighted:
        frame["count"] = generator.integers(1, 5, rows)
    return frame


def description(task, folder, weighted):
    target = {"name": "result", "type": "number"}
    if CLASSES[task]:
        target = {"name": "result", "type": "string", "categories": CLASSES[task]}
    fields = [
        {"name": "size", "type": "number"},
        {"name": "age", "type": "number"},
        {"name": "colour", "type": "string", "categories": ["red", "green", "blue"]},
        target,
        *([{"name": "count", "type": "number"}] if weighted else []),
    ]
    resource = {"name": "rows", "path": "rows.csv", "target": "result", "schema": {"fields": fields}}
    if weighted:
        resource["weight"] = "count"
    path = folder / "datapackage.json"
    path.write_text(json.dumps({"name": "table", "resources": [resource]}), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=TRAINERS)
def trainer(request):
    return component_modules(request.param)


@pytest.fixture
def run(trainer, prepare, tmp_path):
    """Return a function that prepares rows and trains on them."""

    def through(frame, task, name="out", **given):
        described = description(task, tmp_path, "count" in frame)
        data = write_csv(frame, tmp_path / f"{name}-raw")
        prepared = prepare(data, name, description=described)
        model, evaluation = tmp_path / name / "model", tmp_path / name / "evaluation"
        trainer.train.train(prepared.folder, "result", 0.3, None, model, evaluation, **given)
        return SimpleNamespace(
            prepared=prepared,
            model=model,
            evaluation=evaluation,
            report=json.loads((evaluation / "metrics.json").read_text()),
        )

    return through


def gate_of(task):
    predicted = Predicted(task, tuple(CLASSES[task]))
    empty = dict.fromkeys(Gate.__dataclass_fields__)
    compared = {
        name: 0.1
        for name in METRICS[task]
        if name not in ("median_absolute_error", "calibration_slope", "calibration_intercept")
    }
    return Gate(**{**empty, "predicted": predicted, "available": METRICS[task], "self_report": compared})


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_the_report_holds_every_metric_as_the_gate_computes_it(run, task, weighted):
    done = run(frame_of(task, weighted=weighted), task)
    report = read_self_report(done.evaluation, gate_of(task))
    assert report.rows == 400
    assert report.metrics == pytest.approx(done.report["metrics"])
    assert (report.weight != 1).any() == weighted


@pytest.mark.parametrize("task", TASKS)
def test_the_metrics_are_scikit_learns_and_say_that_something_was_learned(run, task):
    done = run(frame_of(task), task)
    table = pd.read_csv(done.evaluation / "predictions.csv")
    found = done.report["metrics"]
    if task == "regression":
        assert found["r2"] == pytest.approx(reference.r2_score(table["result" if 0 else "target"], table["prediction"]))
        assert found["r2"] > 0.6
        return
    scores = table[["score"]] if task == "binary" else table[[f"score_{name}" for name in CLASSES[task]]]
    target = table["target"].map(CLASSES[task].index)
    if task == "binary":
        assert found["roc_auc"] == pytest.approx(reference.roc_auc_score(target, scores["score"]))
        assert found["roc_auc"] > 0.85
    else:
        expected = reference.roc_auc_score(target, scores / scores.sum(axis=1).to_numpy()[:, None], multi_class="ovr")
        assert found["macro_roc_auc"] == pytest.approx(expected, abs=1e-6)
        assert found["macro_roc_auc"] > 0.8


@pytest.mark.parametrize("task", TASKS)
def test_what_was_delivered_scores_new_rows_by_the_names_of_the_classes(run, prepare, task, tmp_path):
    done = run(frame_of(task), task)
    new = frame_of(task, rows=60, seed=1)
    data = write_csv(new.drop(columns="result"), tmp_path / "new")
    described = description(task, tmp_path, False)
    rows = prepare(data, "new-out", transformations=done.prepared.transformations, description=described)
    inputs = {
        "data": data,
        "prepared_data": rows.folder,
        "model": done.model,
        "transformations": done.prepared.transformations,
    }
    scored = run_step("score", inputs, {"predictions": tmp_path / "predictions"}, tmp_path)
    assert scored.returncode == 0, scored.stderr[-2000:]
    table = pd.read_csv(tmp_path / "predictions" / "predictions.csv")
    predicted = Predicted(task, tuple(CLASSES[task]))
    assert list(table) == ["row", *predicted.score_columns]
    if task == "regression":
        assert reference.r2_score(new["result"], table["prediction"]) > 0.6
        return
    scores = table[list(predicted.score_columns)].to_numpy()
    called = (scores[:, 0] >= 0.5).astype(int) if task == "binary" else scores.argmax(axis=1)
    assert (np.array(CLASSES[task])[called] == new["result"]).mean() > 0.7


@pytest.mark.parametrize("task", TASKS)
def test_runs_agree_to_the_last_byte(run, task):
    first, second = (run(frame_of(task).sample(frac=1, random_state=seed), task, f"run{seed}") for seed in (1, 2))
    for name in ("metrics.json", "predictions.csv", "curves.json"):
        assert (first.evaluation / name).read_bytes() == (second.evaluation / name).read_bytes()
    assert (first.model / "model.ubj").read_bytes() == (second.model / "model.ubj").read_bytes()


def test_weighted_rows_count_as_often_as_their_weight(run, trainer):
    """A row of weight 3 teaches what three rows of weight 1 teach, as far as bins and least rows allow."""
    frame = frame_of("regression", weighted=True)
    light = frame.assign(count=1)
    heavy = run(frame, "regression", "heavy", rounds=20)
    assert heavy.report["metrics"] != run(light, "regression", "light", rounds=20).report["metrics"]
    predictions = pd.read_csv(heavy.evaluation / "predictions.csv")
    expected = reference.mean_absolute_error(
        predictions["target"], predictions["prediction"], sample_weight=predictions["weight"]
    )
    assert heavy.report["metrics"]["mae"] == pytest.approx(expected)


def test_hyperparameters_are_inputs_with_defaults(run, trainer):
    frame = frame_of("binary")
    usual, other = run(frame, "binary", "usual"), run(frame, "binary", "other", rounds=3, learning_rate=0.3)
    name = trainer.train.HYPERPARAMETERS["rounds"].library_name
    assert usual.report["parameters"][name] == 100
    assert other.report["parameters"][name] == 3
    assert usual.report["metrics"] != other.report["metrics"]


@pytest.mark.parametrize(("name", "value"), [("rounds", 0), ("learning_rate", 2.0), ("l2", -1.0)])
def test_a_hyperparameter_that_cannot_be_is_refused(run, trainer, name, value):
    with pytest.raises(trainer.refusal.Refused, match=f"{name} is {value}; it must be from"):
        run(frame_of("binary"), "binary", **{name: value})
