"""What can be wrong with a delivered model, its files and the prepared rows: each a function that does it to a case."""

import json
import os
import pickle
import shutil

import numpy as np
from scoring_case import booster, change


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def no_folder(case):
    shutil.rmtree(case.model)


def readme_only(case):
    shutil.rmtree(case.model)
    case.model.mkdir()
    (case.model / "README.md").write_text("A model.")


def file_outside(case):
    shutil.move(case.model / "model.ubj", case.out / "model.ubj")
    change(case.model / "MLmodel", lambda it: it["flavors"]["xgboost"].update(data="../model.ubj"))


def link_outside(case):
    shutil.move(case.model / "model.ubj", case.out / "model.ubj")
    (case.model / "model.ubj").symlink_to(case.out / "model.ubj")


def flavor(**values):
    return lambda case: change(case.model / "MLmodel", lambda it: it["flavors"].update(values))


def own_flavor(flavor, **values):
    return lambda case: change(case.model / "MLmodel", lambda it: it["flavors"][flavor].update(values))


def bomb(name):
    def place(case):
        (case.model / name).write_bytes(pickle.dumps(Bomb(case.out / "exploded")))

    return place


def bombs_as_the_model(case):
    bomb("model.pkl")(case)
    own_flavor("xgboost", data="model.pkl")(case)


def file_of(content):
    return lambda case: (case.model / "model.ubj").write_bytes(content)


def truncated(case):
    path = case.model / "model.ubj"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def save(case, fitted):
    fitted.save_model(case.model / "model.ubj")


def names_changed(change_names):
    def edit(case):
        fitted = booster(case)
        fitted.feature_names = change_names(fitted.feature_names)
        save(case, fitted)

    return edit


def signature_changed(change_inputs):
    def edit(case):
        def to(content):
            inputs = json.loads(content["signature"]["inputs"])
            change_inputs(inputs)
            content["signature"]["inputs"] = json.dumps(inputs)

        change(case.model / "MLmodel", to)

    return edit


def types_changed(case):
    fitted = booster(case)
    fitted.feature_types = ["c"] + ["float"] * (len(fitted.feature_names) - 1)
    save(case, fitted)


def nan_leaves(case):
    leaves(case, "NaN")


def leaves(case, value):
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


def features_changed(edit):
    def do(case):
        path = case.features / "features.npy"
        np.save(path, edit(np.load(path)))

    return do


def description_changed(**values):
    def do(case):
        path = case.features / "prepared.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return do


def cyclic(case):
    content = json.loads(booster(case).save_raw("json"))
    for tree in content["learner"]["gradient_booster"]["model"]["trees"]:
        tree["left_children"] = [0 if left != -1 else left for left in tree["left_children"]]
        tree["right_children"] = [0 if right != -1 else right for right in tree["right_children"]]
    (case.model / "model.json").write_text(json.dumps(content))
    change(case.model / "MLmodel", lambda it: it["flavors"]["xgboost"].update(data="model.json"))
