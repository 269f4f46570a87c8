"""Train XGBoost on prepared rows and judge every judged row by a model that has not seen it."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boosting
import judging
import mlmodel
import numpy as np
import prepared
import results
import tracking
from prepared import Prepared
from refusal import Refused

if TYPE_CHECKING:
    from xgboost import Booster

Judged = tuple[np.ndarray, np.ndarray, np.ndarray]


def main() -> None:
    """Parse the arguments, train, and end with one sentence when the input is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="output prepared_data of the prepare step")
    parser.add_argument("--target-column", required=True, help="column to predict")
    parser.add_argument("--eval-size", type=float, required=True, help="as the data was prepared")
    parser.add_argument("--register-model-name", help="register the model under this name")
    parser.add_argument("--model", type=Path, required=True, help="folder for the MLflow model")
    parser.add_argument("--evaluation-results", type=Path, required=True, help="folder for the evaluation")
    arguments = parser.parse_args()
    try:
        train(**vars(arguments))
    except Refused as refusal:
        sys.exit(f"train refused its input: {refusal}")


def train(
    data: Path,
    target_column: str,
    eval_size: float,
    register_model_name: str | None,
    model: Path,
    evaluation_results: Path,
) -> None:
    """Fit the model on all of few rows or the training side of many, evaluate, and write both outputs."""
    tracking.check(register_model_name)
    rows = prepared.load(data, target_column, eval_size)
    learned = np.flatnonzero(~rows.rows["evaluation"] | rows.refit)
    booster = boosting.fit(rows, learned, "the split")
    print(f"Trained on {len(learned)} of {len(rows.rows)} rows, {len(rows.names)} features")

    protocol = "out_of_fold" if rows.refit else "hold_out"
    judged, folds, scores = _out_of_fold(rows) if rows.refit else _hold_out(rows, booster)
    scores = judging.rounded(scores)
    if scores.min() == scores.max():
        raise Refused(f"The model predicts {scores[0]:.7f} for every row: the features say nothing about the target.")
    settings, rounds = boosting.parameters(rows)
    settings = {**settings, "rounds": rounds}
    facts = {"protocol": protocol, "target_column": target_column, "parameters": settings}
    metrics = results.write(evaluation_results, rows, judged, folds, scores, facts)
    print(f"Judged {len(judged)} rows ({protocol}): " + ", ".join(f"{k} {v:.4f}" for k, v in metrics.items()))
    mlmodel.save(booster, model)
    tracking.report(metrics, settings, model, register_model_name)


def _hold_out(rows: Prepared, booster: "Booster") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    judged = np.flatnonzero(rows.rows["evaluation"])
    return judged, np.zeros(len(judged), np.uint8), boosting.predict(booster, rows, judged)


def _out_of_fold(rows: Prepared) -> Judged:
    folds = rows.rows["fold"]
    scores = np.empty(len(folds))
    for fold in np.unique(folds):
        judged = np.flatnonzero(folds == fold)
        booster = boosting.fit(rows, np.flatnonzero(folds != fold), f"all folds but {fold}")
        scores[judged] = boosting.predict(booster, rows, judged)
    return np.arange(len(folds)), folds, scores


if __name__ == "__main__":
    main()
