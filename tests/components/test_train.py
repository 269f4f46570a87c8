"""The train step: rows are judged by models that have not seen them, results repeat, MLflow serves the model."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from patients import raw_frame, write_csv
from sklearn import metrics as reference


@pytest.fixture
def prepared(prepare, tmp_path):
    """Return a function that prepares a frame and returns the folder."""

    def run(frame, name="prepared", **options):
        return prepare(write_csv(frame, tmp_path / f"{name}-raw"), name, **options).folder

    return run


def _read(evaluation):
    return json.loads((evaluation / "metrics.json").read_text()), pd.read_csv(evaluation / "predictions.csv")


@pytest.mark.parametrize("encoding", ["ordinal", "onehot"])
def test_cleveland_out_of_fold(cleveland, prepared, train, encoding):
    metrics, predictions = _read(train(prepared(cleveland, categorical_encoding=encoding)).evaluation)
    assert metrics["protocol"] == "out_of_fold"
    assert metrics["rows"] == metrics["eval_rows"] == len(predictions) == 303
    assert metrics["positive_share"] == 139 / 303
    assert 0.89 < metrics["metrics"]["roc_auc"] < 0.93
    assert 0.35 < metrics["metrics"]["log_loss"] < 0.42
    assert set(predictions["fold"]) == set(range(10))
    assert predictions["score"].mean() == pytest.approx(139 / 303, abs=0.03)


def test_the_evaluation_files_agree_with_each_other_and_with_scikit_learn(prepared, train):
    evaluation = train(prepared(raw_frame(400))).evaluation
    metrics, predictions = _read(evaluation)
    assert list(predictions) == ["row_id", "target", "score", "fold"]
    assert predictions["row_id"].is_unique
    assert predictions["row_id"].is_monotonic_increasing
    y, p = predictions["target"], predictions["score"]
    assert metrics["metrics"] == pytest.approx(
        {
            "roc_auc": reference.roc_auc_score(y, p),
            "average_precision": reference.average_precision_score(y, p),
            "log_loss": reference.log_loss(y, p),
            "brier": reference.brier_score_loss(y, p),
            "accuracy": reference.accuracy_score(y, p >= 0.5),
            "precision": reference.precision_score(y, p >= 0.5),
            "recall": reference.recall_score(y, p >= 0.5),
            "f1": reference.f1_score(y, p >= 0.5),
        },
        rel=1e-12,
    )
    curves = json.loads((evaluation / "curves.json").read_text())
    assert curves["confusion"]["counts"] == reference.confusion_matrix(y, p >= 0.5).tolist()
    assert sum(curves["calibration"]["rows"]) == len(predictions)
    area = np.trapezoid(curves["roc"]["true_positive_rate"], curves["roc"]["false_positive_rate"])
    assert area == pytest.approx(metrics["metrics"]["roc_auc"])


@pytest.mark.parametrize("rows", [300, 10_001])
def test_runs_agree_to_the_last_byte_in_any_order_of_rows(prepared, train, rows):
    frame = raw_frame(rows)
    first = train(prepared(frame, "a"), "a")
    second = train(prepared(frame.sample(frac=1, random_state=1), "b"), "b")
    for name in ("metrics.json", "predictions.csv", "curves.json"):
        assert (first.evaluation / name).read_bytes() == (second.evaluation / name).read_bytes()
    assert (first.model / "model.ubj").read_bytes() == (second.model / "model.ubj").read_bytes()


def test_no_row_is_judged_by_a_model_that_has_seen_it(prepared, train):
    folder = prepared(raw_frame(300))
    _, before = _read(train(folder, "before").evaluation)
    rows = np.load(folder / "rows.npy")
    changed = rows["fold"] == 3
    rows["target"][changed] = 1 - rows["target"][changed]
    np.save(folder / "rows.npy", rows)
    _, after = _read(train(folder, "after").evaluation)
    assert (before["score"][changed] == after["score"][changed]).all()
    assert (before["score"][~changed] != after["score"][~changed]).mean() > 0.9


def test_many_rows_are_judged_by_the_released_model_on_the_held_out_side(prepared, train, train_modules):
    folder = prepared(raw_frame(12_000))
    done = train(folder)
    metrics, predictions = _read(done.evaluation)
    held_out = np.load(folder / "rows.npy")["evaluation"]
    assert metrics["protocol"] == "hold_out"
    assert metrics["eval_rows"] == len(predictions) == held_out.sum() < metrics["rows"] == 12_000
    booster = train_modules.boosting.xgboost.Booster(model_file=done.model / "model.ubj")
    scores = booster.inplace_predict(np.load(folder / "features.npy")[held_out])
    assert predictions["score"].to_numpy() == pytest.approx(scores.astype(float), abs=1e-7)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_cells_on_disk_give_the_same_model_and_leave_no_file(train_modules, monkeypatch, tmp_path, recwarn, task):
    boosting, random = train_modules.boosting, np.random.default_rng(0)
    features = random.standard_normal((5_000, 6)).astype(np.float32)
    features[::7, 2] = np.nan
    target = {"binary": features[:, 0] > 0, "multiclass": random.integers(0, 3, 5_000), "regression": features[:, 1]}
    weights = random.uniform(0.5, 2, 5_000).astype(np.float32)
    rows = SimpleNamespace(
        features=features, target=target[task].astype(np.float32), weight=weights, names=list("abcdef")
    )
    settings = {**boosting.COMMON, **boosting.OBJECTIVES[task], **boosting.LARGE, "nthread": 1}
    if task == "multiclass":
        settings["num_class"] = 3
    monkeypatch.setattr(boosting, "BATCH_ROWS", 700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    learned, models, on_disk = np.arange(0, 5_000, 2), {}, []
    kept = boosting.xgboost.ExtMemQuantileDMatrix

    def seen(*given, **more):
        matrix = kept(*given, **more)
        on_disk.extend(tmp_path.rglob("rows*"))
        return matrix

    monkeypatch.setattr(boosting.xgboost, "ExtMemQuantileDMatrix", seen)
    for most in (5_000, 1_000):
        monkeypatch.setattr(boosting, "IN_MEMORY_CELLS", most * len(rows.names))
        models[most] = bytes(boosting._boosted(rows, learned, settings, 5).save_raw("json"))
    assert models[5_000] == models[1_000]
    assert on_disk
    assert not list(tmp_path.iterdir())
    assert not list(recwarn)


def test_probabilities_stay_calibrated_on_a_rare_class(prepared, train):
    metrics, predictions = _read(train(prepared(raw_frame(12_000, positive_shift=-2.5))).evaluation)
    assert metrics["positive_share"] < 0.2
    assert predictions["score"].mean() == pytest.approx(predictions["target"].mean(), abs=0.02)
    share = predictions["target"].mean()
    assert metrics["metrics"]["log_loss"] < -share * np.log(share) - (1 - share) * np.log(1 - share)


def test_copies_of_a_row_get_ids_of_their_own(prepared, train):
    frame = raw_frame(150)
    _, predictions = _read(train(prepared(pd.concat([frame, frame[:10]]))).evaluation)
    assert predictions["row_id"].str.fullmatch(r"[0-9a-f]{16}(-1)?").all()
    assert predictions["row_id"].str.endswith("-1").sum() == 10


def test_what_prepare_did_otherwise_is_refused(prepared, train, train_modules, tmp_path):
    folder = prepared(raw_frame(100))
    refused = train_modules.refusal.Refused
    with pytest.raises(refused, match=r"eval_size is 0\.2, but the data was prepared with 0\.3"):
        train(folder, eval_size=0.2)
    with pytest.raises(refused, match="has the target target, not diagnosis"):
        train(folder, target_column="diagnosis")
    with pytest.raises(refused, match=r"holds no prepared\.json"):
        train(tmp_path)
    path = folder / "prepared.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 9}))
    with pytest.raises(refused, match="format 9, this step reads 2"):
        train(folder)


def test_rows_without_a_target_are_refused(prepare, train, train_modules, tmp_path):
    learned = prepare(write_csv(raw_frame(60), tmp_path / "a"), "a").transformations
    unlabelled = write_csv(raw_frame(60).drop(columns="target"), tmp_path / "b")
    folder = prepare(unlabelled, "b", transformations=learned).folder
    with pytest.raises(train_modules.refusal.Refused, match="has the target None, not target"):
        train(folder)


@pytest.mark.parametrize("label", [0, 1])
def test_a_single_class_is_refused(prepared, train, train_modules, label):
    with pytest.raises(train_modules.refusal.Refused, match=f"All 100 rows have target {label}"):
        train(prepared(raw_frame(100).assign(target=label)))


def test_an_empty_side_is_refused(prepared, train, train_modules):
    with pytest.raises(train_modules.refusal.Refused, match="None of the 10001 rows falls on the evaluation side"):
        train(prepared(raw_frame(10_001), eval_size=1e-9), eval_size=1e-9)
    frame = raw_frame(10_001)
    folder = prepared(frame, "one class")
    rows = np.load(folder / "rows.npy")
    rows["target"][rows["evaluation"]] = 1
    np.save(folder / "rows.npy", rows)
    with pytest.raises(train_modules.refusal.Refused, match=r"All \d+ rows on the evaluation side have target 1"):
        train(folder, "one class")


def test_few_rows_are_all_learned_from_and_many_on_their_training_side(prepared, train, train_modules, capsys):
    for rows in (10_000, 10_001):
        folder = prepared(raw_frame(rows), str(rows))
        done = train(folder, str(rows))
        held_out = np.load(folder / "rows.npy")["evaluation"]
        learned = rows if rows == 10_000 else int((~held_out).sum())
        assert f"Trained on {learned} of {rows} rows" in capsys.readouterr().out
        trees = train_modules.boosting.xgboost.Booster(model_file=done.model / "model.ubj").trees_to_dataframe()
        assert learned * 0.2 < trees.loc[(trees.Tree == 0) & (trees.Node == 0), "Cover"].item() < learned


def test_data_prepared_for_scoring_can_be_trained_on_in_any_order(prepared, train, prepare, tmp_path):
    frame = raw_frame(300)
    learned = prepare(write_csv(frame, tmp_path / "learn"), "learn").transformations
    runs = [
        train(prepared(frame.sample(frac=1, random_state=seed), str(seed), transformations=learned), str(seed))
        for seed in (1, 2)
    ]
    for name in ("metrics.json", "predictions.csv"):
        assert (runs[0].evaluation / name).read_bytes() == (runs[1].evaluation / name).read_bytes()


def test_constant_features_are_refused(prepared, train, train_modules):
    same = pd.concat([raw_frame(1)] * 40).assign(target=[0, 1] * 20)
    with pytest.raises(train_modules.refusal.Refused, match=r"falls on the|All features are constant"):
        train(prepared(same))
    folder = prepared(raw_frame(60), "varied")
    np.save(folder / "features.npy", np.ones((60, 13), np.float32))
    with pytest.raises(train_modules.refusal.Refused, match="All features are constant"):
        train(folder, "varied")


def test_a_constant_prediction_is_refused(prepared, train, train_modules):
    frame = raw_frame(12_000)
    constant = {name: frame[name].iloc[0] for name in frame.columns if name not in ("age", "target")}
    frame = frame.assign(**constant, age=np.arange(len(frame)) / 7, target=np.arange(len(frame)) % 2)
    folder = prepared(frame)
    features = np.load(folder / "features.npy")
    features[:, 0] = features[:, 0] > features[:, 0].max() - 0.5
    np.save(folder / "features.npy", features)
    with pytest.raises(train_modules.refusal.Refused, match=r"The model predicts .* for every row"):
        train(folder)


def test_registration_without_a_server_is_refused(prepared, train, train_modules, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(train_modules.refusal.Refused, match="MLFLOW_TRACKING_URI is not set"):
        train(prepared(raw_frame(60)), register_model_name="heart")


def test_a_gpu_that_the_build_does_not_know_is_refused(prepared, train_modules, tmp_path):
    step, out = train_modules.train.train, (None, tmp_path / "model", tmp_path / "evaluation")
    folder = prepared(raw_frame(60))
    if train_modules.boosting.xgboost.build_info()["USE_CUDA"]:
        pytest.skip("this build knows GPUs; test_builds.py has the other refusal")
    with pytest.raises(train_modules.refusal.Refused, match="device is cuda, but this build of XGBoost knows no GPU"):
        step(folder, "target", 0.3, *out, device="cuda")
    step(folder, "target", 0.3, *out, device="cpu")
