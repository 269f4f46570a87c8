"""Write the trees of scikit-learn's histogram gradient boosting in XGBoost's format.

scikit-learn stores models as pickles, which execute code when they are loaded. XGBoost's format executes nothing, and
both kinds of trees split alike: at a threshold of one feature, with a side for missing values. So what the scorer reads
is the fitted model itself, rounded to XGBoost's float32.
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from boosters import import_xgboost

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from xgboost import Booster

OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
ROOT = 2**31 - 1


def booster(
    model: "HistGradientBoostingClassifier | HistGradientBoostingRegressor", task: str, names: list[str], classes: int
) -> "Booster":
    """Return a booster that predicts what ``model`` predicts."""
    scores = classes if task == "multiclass" else 1
    content = json.loads(_empty(task, names, scores).save_raw("json"))
    learner = content["learner"]
    # Raw scores start from 0 (0.5 is that before the link of two classes); what the model starts from is in its trees.
    learner["learner_model_param"]["base_score"] = "[5E-1]" if task == "binary" else "[0E0]"
    start = np.asarray(model._baseline_prediction, np.float64).reshape(-1)
    trees: list[dict[str, Any]] = []
    of_score: list[int] = []
    for iteration, predictors in enumerate(model._predictors):
        for score, predictor in enumerate(predictors):
            trees.append(_tree(predictor.nodes, start[score] if not iteration else 0.0, len(names), len(trees)))
            of_score.append(score)
    made = learner["gradient_booster"]["model"]
    made["trees"], made["tree_info"] = trees, of_score
    made["gbtree_model_param"]["num_trees"] = str(len(trees))
    made["iteration_indptr"] = list(range(0, len(trees) + 1, scores))
    made_of: Booster = import_xgboost().Booster(model_file=bytearray(json.dumps(content).encode()))
    return made_of


def _empty(task: str, names: list[str], scores: int) -> "Booster":
    """Return a booster of this task without a tree."""
    xgboost = import_xgboost()
    labels = np.arange(max(scores, 2)) if task != "regression" else np.array([0.0, 1.0])
    matrix = xgboost.DMatrix(np.zeros((len(labels), len(names)), np.float32), labels, feature_names=names, nthread=1)
    several = {"num_class": scores} if task == "multiclass" else {}
    empty: Booster = xgboost.train({"objective": OBJECTIVES[task], **several, "nthread": 1}, matrix, 0)
    return empty


def _tree(nodes: np.ndarray, start: float, features: int, number: int) -> dict[str, Any]:
    """Return one tree; ``nodes`` are scikit-learn's records, ``start`` is added to each leaf."""
    nodes, left, parents = _renumbered(nodes)
    leaf = left < 0
    values = (nodes["value"] + start).astype(np.float32)
    conditions = np.where(leaf, values, _just_above(nodes["num_threshold"]))
    return {
        "base_weights": values.tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": (nodes["missing_go_to_left"].astype(bool) & ~leaf).astype(int).tolist(),
        "id": number,
        "left_children": left.tolist(),
        "loss_changes": np.maximum(np.where(leaf, 0.0, nodes["gain"]), 0.0).astype(np.float32).tolist(),
        "parents": parents.tolist(),
        "right_children": np.where(leaf, -1, left + 1).tolist(),
        "split_conditions": conditions.astype(np.float32).tolist(),
        "split_indices": np.where(leaf, 0, nodes["feature_idx"]).astype(int).tolist(),
        "split_type": [0] * len(nodes),
        "sum_hessian": nodes["count"].astype(np.float32).tolist(),
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(features),
            "num_nodes": str(len(nodes)),
            "size_leaf_vector": "1",
        },
    }


def _renumbered(nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the nodes level by level, the left child of each (-1 for a leaf), and its parent.

    XGBoost goes from a left child to the right one by adding 1, whatever the file says.
    """
    order, left, parents = [0], [], [ROOT]
    for place, old in enumerate(order):
        if nodes[old]["is_leaf"]:
            left.append(-1)
            continue
        left.append(len(order))
        order += [int(nodes[old]["left"]), int(nodes[old]["right"])]
        parents += [place, place]
    return nodes[order], np.array(left), np.array(parents)


def _just_above(thresholds: np.ndarray) -> np.ndarray:
    """Return the float32 number that float32 features are below exactly when they are not above the threshold."""
    rounded = thresholds.astype(np.float32)
    at_most = np.where(rounded.astype(np.float64) > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    above: np.ndarray = np.nextafter(at_most.astype(np.float32), np.float32(np.inf))
    return above
