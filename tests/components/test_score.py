"""The score step: XGBoost's own predictions, nothing executed, and each broken model refused by its name."""

import faulthandler
import hashlib
import json
import os
import pickle
import random
import re
import shutil
import signal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from patients import DESCRIPTION, component_modules, raw_frame, write_csv
from test_components import run_step


@pytest.fixture(scope="module")
def delivered(tmp_path_factory):
    """Return a trained model and rows prepared for it, to be copied by each test."""
    prepare, train = component_modules("prepare").prepare, component_modules("train_xgb").train
    out = tmp_path_factory.mktemp("delivered")
    learning = write_csv(raw_frame(300), out / "learning")
    prepare.prepare(learning, DESCRIPTION, None, "onehot", 0.3, out / "prepared", out / "transformations")
    train.train(out / "prepared", "target", 0.3, None, out / "model", out / "evaluation")
    data = write_csv(raw_frame(80, seed=1).drop(columns="target").assign(patient=range(80)), out / "data")
    prepare.prepare(data, DESCRIPTION, out / "transformations", None, None, out / "features", out / "unused")
    return out


@pytest.fixture
def case(delivered, tmp_path):
    names = ("model", "data", "features", "transformations")
    for name in names:
        shutil.copytree(delivered / name, tmp_path / name)
    return SimpleNamespace(out=tmp_path, **{name: tmp_path / name for name in names})


def score(case, **options):
    inputs = {
        "data": case.data,
        "prepared_data": case.features,
        "model": case.model,
        "transformations": case.transformations,
        **options,
    }
    return run_step("score", inputs, {"predictions": case.out / "predictions"}, case.out)


def refusal(case):
    """Score, and return the reason and message of the refusal; it must come as a file without a trace of scores."""
    done = score(case, report_refusals="true")
    assert done.returncode == 0, done.stderr[-2000:]
    assert [path.name for path in (case.out / "predictions").iterdir()] == ["refusal.json"]
    told = json.loads((case.out / "predictions" / "refusal.json").read_text())
    assert f"score refused [{told['reason']}]: {told['message']}" in done.stdout
    assert "\n" not in told["message"]
    return told["reason"], told["message"]


def change(path, edit):
    content = yaml.safe_load(path.read_text())
    edit(content)
    path.write_text(yaml.safe_dump(content))


def booster(case):
    import xgboost

    return xgboost.Booster(model_file=case.model / "model.ubj")


def test_scores_are_those_of_xgboost_and_digests_those_of_the_files(case):
    import xgboost

    done = score(case)
    assert done.returncode == 0, done.stderr[-2000:]
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv", dtype={"score": np.float32})
    features, names = np.load(case.features / "features.npy"), booster(case).feature_names
    expected = booster(case).predict(xgboost.DMatrix(features, feature_names=names))
    assert predictions["row"].tolist() == list(range(80))
    assert predictions["score"].to_numpy() == pytest.approx(expected, abs=1e-6)
    told = json.loads((case.out / "predictions" / "scoring.json").read_text())
    gains = json.loads((case.out / "predictions" / "importance.json").read_text())["total_gain"]
    assert gains == booster(case).get_score(importance_type="total_gain")
    digests = {
        "model_digest": (case.model / "model.ubj").read_bytes(),
        "predictions_digest": (case.out / "predictions" / "predictions.csv").read_bytes(),
        "transformations_digest": b"".join(
            f"{path.name}\0{path.stat().st_size}\0".encode() + path.read_bytes()
            for path in case.transformations.iterdir()
        ),
        "features_digest": json.dumps(names).encode() + b"\n" + features.tobytes(),
    }
    for name, content in digests.items():
        assert told[name] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert (told["rows"], told["features"], told["xgboost_version"]) == (80, names, xgboost.__version__)
    assert "import time:" in done.stderr
    assert not re.findall(r"\|\s+(pandas|mlflow|sklearn|azure)\.", done.stderr)


def test_a_column_of_the_raw_rows_is_carried_along(case):
    frame = raw_frame(80, seed=1).assign(patient=[f'Mr "{row}", of {row % 7}\nor so' for row in range(80)])
    write_csv(frame, case.data)
    assert score(case, row_id_column="patient").returncode == 0
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv")
    assert list(predictions) == ["row", "patient", "score"]
    assert predictions["patient"].tolist() == frame["patient"].tolist()
    assert refusal_reason(score(case, row_id_column="nobody")) == "no-data"


def refusal_reason(done):
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert len(told) == 1
    return told[0].removeprefix("score refused [").partition("]: ")[0]


@pytest.mark.parametrize("objective", ["multi:softprob", "reg:squarederror"])
@pytest.mark.parametrize("kind", ["gbtree", "dart", "gblinear"])
def test_any_task_and_booster_is_scored(case, objective, kind):
    import xgboost

    features = np.load(case.features / "features.npy")
    names = booster(case).feature_names
    matrix = xgboost.DMatrix(features, np.arange(80) % 3, feature_names=names)
    classes = {"num_class": 3} if objective.startswith("multi") else {}
    task = {"task": "multiclass", "classes": ["a", "b, c", "d"]} if classes else {"task": "regression", "classes": []}
    described = case.features / "prepared.json"
    described.write_text(json.dumps(json.loads(described.read_text()) | task))
    fitted = xgboost.train({"objective": objective, "booster": kind, "nthread": 1, **classes}, matrix, 5)
    fitted.save_model(case.model / "model.ubj")
    done = score(case)
    assert done.returncode == 0, done.stderr[-2000:]
    predictions = pd.read_csv(case.out / "predictions" / "predictions.csv")
    expected = fitted.predict(matrix).reshape(80, -1)
    assert list(predictions)[1:] == (["score_a", "score_b, c", "score_d"] if classes else ["prediction"])
    assert predictions.to_numpy()[:, 1:] == pytest.approx(expected, abs=1e-6)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def _no_folder(case):
    shutil.rmtree(case.model)


def _readme_only(case):
    shutil.rmtree(case.model)
    case.model.mkdir()
    (case.model / "README.md").write_text("A model.")


def _outside(case):
    shutil.move(case.model / "model.ubj", case.out / "model.ubj")
    change(case.model / "MLmodel", lambda it: it["flavors"]["xgboost"].update(data="../model.ubj"))


def _link(case):
    shutil.move(case.model / "model.ubj", case.out / "model.ubj")
    (case.model / "model.ubj").symlink_to(case.out / "model.ubj")


def _flavor(**values):
    return lambda case: change(case.model / "MLmodel", lambda it: it["flavors"].update(values))


def _own_flavor(flavor, **values):
    return lambda case: change(case.model / "MLmodel", lambda it: it["flavors"][flavor].update(values))


def _bomb(name):
    def place(case):
        (case.model / name).write_bytes(pickle.dumps(Bomb(case.out / "exploded")))

    return place


def _bombs_as_the_model(case):
    _bomb("model.pkl")(case)
    _own_flavor("xgboost", data="model.pkl")(case)


def _bytes(content):
    return lambda case: (case.model / "model.ubj").write_bytes(content)


def _truncated(case):
    path = case.model / "model.ubj"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _save(case, fitted):
    fitted.save_model(case.model / "model.ubj")


def _names(change_names):
    def edit(case):
        fitted = booster(case)
        fitted.feature_names = change_names(fitted.feature_names)
        _save(case, fitted)

    return edit


def _signature(change_inputs):
    def edit(case):
        def to(content):
            inputs = json.loads(content["signature"]["inputs"])
            change_inputs(inputs)
            content["signature"]["inputs"] = json.dumps(inputs)

        change(case.model / "MLmodel", to)

    return edit


def _types(case):
    fitted = booster(case)
    fitted.feature_types = ["c"] + ["float"] * (len(fitted.feature_names) - 1)
    _save(case, fitted)


def _nan_leaves(case):
    _leaves(case, "NaN")


def _leaves(case, value):
    content = json.loads(booster(case).save_raw("json"))
    for tree in content["learner"]["gradient_booster"]["model"]["trees"]:
        # The values of leaves lie where those of conditions lie.
        tree["split_conditions"] = [
            value if left == -1 else condition
            for left, condition in zip(tree["left_children"], tree["split_conditions"], strict=True)
        ]
    text = json.dumps(content).replace('"NaN"', "NaN")
    (case.model / "model.json").write_text(text)
    (case.model / "model.ubj").unlink()
    change(case.model / "MLmodel", lambda it: it["flavors"]["xgboost"].update(data="model.json"))


def _array(edit):
    def do(case):
        path = case.features / "features.npy"
        np.save(path, edit(np.load(path)))

    return do


def _description(**values):
    def do(case):
        path = case.features / "prepared.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return do


REFUSALS = {
    "no folder": (_no_folder, "no-model", "only: nothing"),
    "a README": (_readme_only, "no-model", "holds no MLmodel, only: README.md"),
    "no file": (lambda case: (case.model / "model.ubj").unlink(), "no-model", "names model.ubj, which is absent"),
    "an empty file": (_bytes(b""), "no-model", "which is absent or empty"),
    "no name of a file": (_own_flavor("xgboost", data=None), "no-model", "names no file"),
    "outside": (_outside, "model-format-refused", "lies outside its folder"),
    "a link outside": (_link, "model-format-refused", "lies outside its folder"),
    "another flavor": (_flavor(sklearn={"pickled_model": "m.pkl"}), "model-format-refused", "its flavor is sklearn"),
    "no flavor xgboost": (
        lambda case: change(case.model / "MLmodel", lambda it: it["flavors"].pop("xgboost")),
        "model-format-refused",
        "has no flavor xgboost",
    ),
    "a python model": (
        _own_flavor("python_function", loader_module="mlflow.pyfunc.model"),
        "model-format-refused",
        "loaded by mlflow.pyfunc.model",
    ),
    "code": (_own_flavor("python_function", code="code"), "model-format-refused", "brings code of its own"),
    "a pickle beside": (_bomb("preprocessor.pkl"), "model-format-refused", "holds the pickle preprocessor.pkl"),
    "a pickle": (_bombs_as_the_model, "model-format-refused", "holds the pickle model.pkl"),
    "a pickle by another name": (_bomb("model.ubj"), "model-not-loadable", "XGBoost cannot read model.ubj"),
    "truncated": (_truncated, "model-not-loadable", "XGBoost"),
    "noise": (_bytes(random.Random(1).randbytes(5_000)), "model-not-loadable", "XGBoost"),
    "no YAML": (lambda case: (case.model / "MLmodel").write_text("a: ["), "model-not-loadable", "MLmodel cannot be"),
    "YAML that executes": (
        lambda case: (case.model / "MLmodel").write_text("!!python/object/apply:os.abort []"),
        "model-not-loadable",
        "MLmodel cannot be read",
    ),
    "no mapping": (lambda case: (case.model / "MLmodel").write_text("[1]"), "model-not-loadable", "names no flavors"),
    "order of columns": (
        _names(lambda names: names[::-1]),
        "feature-names-disagree",
        "Feature 1 of the model is thal_",
    ),
    "fewer columns": (
        lambda case: (
            _array(lambda it: it[:, :-1])(case),
            _description(features=booster(case).feature_names[:-1])(case),
        ),
        "feature-names-disagree",
        "that of the prepared data is none",
    ),
    "no names": (_names(lambda names: None), "feature-names-disagree", "names no features"),
    "names of the signature": (
        _signature(lambda it: it.reverse()),
        "feature-names-disagree",
        "of the model's signature",
    ),
    "types of the signature": (
        _signature(lambda it: it[0].update(type="string")),
        "feature-types-disagree",
        "is of type string",
    ),
    "types of the model": (_types, "feature-types-disagree", "Feature age is of type c to the model"),
    "no prepared data": (lambda case: shutil.rmtree(case.features), "no-features", "holds no prepared.json"),
    "no features": (lambda case: (case.features / "features.npy").unlink(), "no-features", "holds no features.npy"),
    "pickled features": (_array(lambda it: it.astype(object)), "no-features", "cannot be read"),
    "double features": (_array(lambda it: it.astype(np.float64)), "feature-types-disagree", "float64"),
    "a feature without name": (_array(lambda it: np.c_[it, it[:, :1]]), "feature-names-disagree", "has 23 columns"),
    "a row too few": (
        lambda case: (_array(lambda it: it[1:])(case), _description(rows=79)(case)),
        "row-count-disagrees",
        "The raw data holds 80 rows, the prepared data 79",
    ),
    "another count": (_description(rows=79), "row-count-disagrees", "has 80 rows, prepared.json says 79"),
    "scores that are no numbers": (_nan_leaves, "non-finite-scores", "of 80 of 80 rows"),
    "constant scores": (lambda case: _leaves(case, 0.0), "constant-scores", "each of 80 unlike rows"),
    "no raw data": (lambda case: (case.data / "heart.csv").unlink(), "no-data", "holds no .csv file"),
    "raw data in latin-1": (
        lambda case: (case.data / "heart.csv").write_bytes("größe\n1\n".encode("latin-1")),
        "no-data",
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("damage", "reason", "message"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_cannot_be_scored_is_refused_by_name(case, damage, reason, message):
    damage(case)
    case.model.mkdir(exist_ok=True)
    told = refusal(case)
    assert told[0] == reason
    assert message in told[1]
    assert not (case.out / "exploded").exists()


def test_without_a_wish_for_files_a_refusal_fails_the_step_in_one_sentence(case):
    _readme_only(case)
    assert refusal_reason(score(case)) == "no-model"
    assert refusal_reason(score(case, report_refusals="false")) == "no-model"
    assert not list((case.out / "predictions").iterdir())


def test_equal_rows_may_have_equal_scores(case):
    frame = pd.concat([raw_frame(1).drop(columns="target")] * 5)
    write_csv(frame, case.data)
    _array(lambda it: np.repeat(it[:1], 5, axis=0))(case)
    _description(rows=5)(case)
    assert score(case).returncode == 0


def _cyclic(case):
    content = json.loads(booster(case).save_raw("json"))
    for tree in content["learner"]["gradient_booster"]["model"]["trees"]:
        tree["left_children"] = [0 if left != -1 else left for left in tree["left_children"]]
        tree["right_children"] = [0 if right != -1 else right for right in tree["right_children"]]
    (case.model / "model.json").write_text(json.dumps(content))
    change(case.model / "MLmodel", lambda it: it["flavors"]["xgboost"].update(data="model.json"))


def test_trees_that_lead_back_to_their_root_are_refused(case):
    _cyclic(case)
    assert refusal(case)[0] == "model-not-loadable"


def test_a_model_that_never_ends_is_stopped(monkeypatch):
    score = component_modules("score")
    monkeypatch.setattr(score.guard, "CPU_SECONDS", 1)

    def never_end():
        while True:
            pass

    with pytest.raises(score.reasons.ScoreRefused, match="ended with SIGXCPU") as refused:
        score.guard.run(never_end, 0)
    assert refused.value.reason == "model-not-loadable"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_process_that_ends_by_a_signal_is_a_refusal(number):
    score = component_modules("score")

    def end():
        faulthandler.disable()
        os.kill(os.getpid(), number)

    with pytest.raises(score.reasons.ScoreRefused, match=f"ended with {number.name}") as refused:
        score.guard.run(end, 0)
    assert refused.value.reason == "model-not-loadable"


def test_memory_is_bounded_and_a_mistake_of_ours_is_no_refusal(capfd):
    score = component_modules("score")
    with pytest.raises(SystemExit):
        score.guard.run(lambda: bytearray(score.guard.MEMORY_BYTES + 2**20), 0)
    assert "MemoryError" in capfd.readouterr().err
    score.guard.run(lambda: bytearray(2**20), 0)


@pytest.mark.slow
def test_no_damage_to_the_file_ends_the_step_by_a_signal(case):
    """Of such files about one in seven crashes the process that reads them."""
    draw = random.Random(20231116)
    good = (case.model / "model.ubj").read_bytes()
    reasons = []
    for number in range(40):
        bad = bytearray(good)
        if number % 2:
            bad = bad[: draw.randrange(1, len(bad))]
        else:
            for _ in range(8):
                bad[draw.randrange(len(bad))] = draw.randrange(256)
        (case.model / "model.ubj").write_bytes(bad)
        done = score(case, report_refusals="true")
        assert done.returncode == 0, done.stderr[-2000:]
        written = {path.name for path in (case.out / "predictions").iterdir()}
        reasons += [written == {"refusal.json"}]
        assert reasons[-1] or written - {"importance.json"} == {"predictions.csv", "scoring.json"}
        shutil.rmtree(case.out / "predictions")
    assert sum(reasons) > 25


def test_scores_are_written_in_the_fewest_digits_that_read_back(case):
    score = component_modules("score")
    values = np.array([[0.1], [1 / 3], [1e-12], [1.0], [0.9999999]], np.float32)
    texts = [line[1] for line in score.predictions._lines(values, None)]
    assert texts == ["0.1", "0.33333334", "1e-12", "1.0", "0.9999999"]
    assert np.array(list(map(np.float32, texts)), np.float32).tolist() == values[:, 0].tolist()
