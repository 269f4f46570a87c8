"""Each broken model, table or description is refused by its name, and nothing in it is executed."""

import random
import shutil

import numpy as np
import pytest
from model_damage import (
    bomb,
    bombs_as_the_model,
    cyclic,
    description_changed,
    features_changed,
    file_of,
    file_outside,
    flavor,
    leaves,
    link_outside,
    names_changed,
    nan_leaves,
    no_folder,
    own_flavor,
    readme_only,
    signature_changed,
    truncated,
    types_changed,
)
from scoring_case import booster, change, refusal, refusal_reason, score

REFUSALS = {
    "no folder": (no_folder, "no-model", "only: nothing"),
    "a README": (readme_only, "no-model", "holds no MLmodel, only: README.md"),
    "no file": (lambda case: (case.model / "model.ubj").unlink(), "no-model", "names model.ubj, which is absent"),
    "an empty file": (file_of(b""), "no-model", "which is absent or empty"),
    "no name of a file": (own_flavor("xgboost", data=None), "no-model", "names no file"),
    "outside": (file_outside, "model-format-refused", "lies outside its folder"),
    "a link outside": (link_outside, "model-format-refused", "lies outside its folder"),
    "another flavor": (flavor(sklearn={"pickled_model": "m.pkl"}), "model-format-refused", "its flavor is sklearn"),
    "no flavor xgboost": (
        lambda case: change(case.model / "MLmodel", lambda it: it["flavors"].pop("xgboost")),
        "model-format-refused",
        "has no flavor xgboost",
    ),
    "a python model": (
        own_flavor("python_function", loader_module="mlflow.pyfunc.model"),
        "model-format-refused",
        "loaded by mlflow.pyfunc.model",
    ),
    "code": (own_flavor("python_function", code="code"), "model-format-refused", "brings code of its own"),
    "a pickle beside": (bomb("preprocessor.pkl"), "model-format-refused", "holds the pickle preprocessor.pkl"),
    "a pickle": (bombs_as_the_model, "model-format-refused", "holds the pickle model.pkl"),
    "a pickle by another name": (bomb("model.ubj"), "model-not-loadable", "XGBoost cannot read model.ubj"),
    "truncated": (truncated, "model-not-loadable", "XGBoost"),
    "noise": (file_of(random.Random(1).randbytes(5_000)), "model-not-loadable", "XGBoost"),
    "no YAML": (lambda case: (case.model / "MLmodel").write_text("a: ["), "model-not-loadable", "MLmodel cannot be"),
    "YAML that executes": (
        lambda case: (case.model / "MLmodel").write_text("!!python/object/apply:os.abort []"),
        "model-not-loadable",
        "MLmodel cannot be read",
    ),
    "no mapping": (lambda case: (case.model / "MLmodel").write_text("[1]"), "model-not-loadable", "names no flavors"),
    "order of columns": (
        names_changed(lambda names: names[::-1]),
        "feature-names-disagree",
        "Feature 1 of the model is thal_",
    ),
    "fewer columns": (
        lambda case: (
            features_changed(lambda it: it[:, :-1])(case),
            description_changed(features=booster(case).feature_names[:-1])(case),
        ),
        "feature-names-disagree",
        "that of the prepared data is none",
    ),
    "no names": (names_changed(lambda names: None), "feature-names-disagree", "names no features"),
    "names of the signature": (
        signature_changed(lambda it: it.reverse()),
        "feature-names-disagree",
        "of the model's signature",
    ),
    "types of the signature": (
        signature_changed(lambda it: it[0].update(type="string")),
        "feature-types-disagree",
        "is of type string",
    ),
    "types of the model": (types_changed, "feature-types-disagree", "Feature age is of type c to the model"),
    "no prepared data": (lambda case: shutil.rmtree(case.features), "no-features", "holds no prepared.json"),
    "no features": (lambda case: (case.features / "features.npy").unlink(), "no-features", "holds no features.npy"),
    "pickled features": (features_changed(lambda it: it.astype(object)), "no-features", "cannot be read"),
    "double features": (features_changed(lambda it: it.astype(np.float64)), "feature-types-disagree", "float64"),
    "a feature without name": (
        features_changed(lambda it: np.c_[it, it[:, :1]]),
        "feature-names-disagree",
        "has 23 columns",
    ),
    "a row too few": (
        lambda case: (features_changed(lambda it: it[1:])(case), description_changed(rows=79)(case)),
        "row-count-disagrees",
        "The raw data holds 80 rows, the prepared data 79",
    ),
    "another count": (description_changed(rows=79), "row-count-disagrees", "has 80 rows, prepared.json says 79"),
    "scores that are no numbers": (nan_leaves, "non-finite-scores", "of 80 of 80 rows"),
    "constant scores": (lambda case: leaves(case, 0.0), "constant-scores", "each of 80 unlike rows"),
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
    readme_only(case)
    assert refusal_reason(score(case)) == "no-model"
    assert refusal_reason(score(case, report_refusals="false")) == "no-model"
    assert not list((case.out / "predictions").iterdir())


def test_trees_that_lead_back_to_their_root_are_refused(case):
    cyclic(case)
    assert refusal(case)[0] == "model-not-loadable"


@pytest.mark.slow
@pytest.mark.parametrize("first", [28, pytest.param(0, marks=pytest.mark.long)])
def test_no_damage_to_the_file_ends_the_step_by_a_signal(case, first):
    """Of such files about one in thirteen crashes the process that reads them, and that it did is said."""
    draw = random.Random(20231116)
    good = (case.model / "model.ubj").read_bytes()
    reasons, crashes = [], 0
    for number in range(40):
        bad = bytearray(good)
        if number % 2:
            bad = bad[: draw.randrange(1, len(bad))]
        else:
            for _ in range(8):
                bad[draw.randrange(len(bad))] = draw.randrange(256)
        if number < first:
            continue
        (case.model / "model.ubj").write_bytes(bad)
        done = score(case, report_refusals="true")
        assert done.returncode == 0, done.stderr[-2000:]
        written = {path.name for path in (case.out / "predictions").iterdir()}
        reasons += [written == {"refusal.json"}]
        crashes += "XGBoost ended with SIG" in done.stdout
        assert reasons[-1] or written - {"importance.json"} == {"predictions.csv", "scoring.json"}
        shutil.rmtree(case.out / "predictions")
    assert sum(reasons) > (40 - first) * 25 / 40
    assert crashes > 0
