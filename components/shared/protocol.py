"""How a model is trained and judged, whatever the algorithm: few rows out of fold, many by their held-out side."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import judging
import mlmodel
import numpy as np
import prepared
import results
import tracking
from boosters import predict
from prepared import Prepared
from refusal import Refused

if TYPE_CHECKING:
    from xgboost import Booster

# Fits the rows at an index; the text names them in a refusal.
Fit = Callable[[Prepared, np.ndarray, str], "Booster"]
Judged = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Hyperparameter:
    """An optional input of a training step: its name in the library, its type, and the least and greatest value."""

    library_name: str
    kind: type
    low: float
    high: float


def parser(description: str | None, more: Mapping[str, Hyperparameter]) -> argparse.ArgumentParser:
    """Return the arguments that every training step has, and those of the hyperparameters ``more``."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--data", type=Path, required=True, help="output prepared_data of the prepare step")
    made.add_argument("--target-column", required=True, help="column to predict")
    made.add_argument("--eval-size", type=float, required=True, help="as the data was prepared")
    made.add_argument("--register-model-name", help="register the model under this name")
    made.add_argument("--model", type=Path, required=True, help="folder for the MLflow model")
    made.add_argument("--evaluation-results", type=Path, required=True, help="folder for the evaluation")
    for name, one in more.items():
        made.add_argument(f"--{name.replace('_', '-')}", type=one.kind, help="default: what suits the number of rows")
    return made


def checked(given: Mapping[str, float | None], known: Mapping[str, Hyperparameter]) -> dict[str, float]:
    """Return the hyperparameters that have a value, by the library's names; refuse one that cannot be."""
    found = {}
    for name, value in given.items():
        one = known[name]
        if value is None:
            continue
        if not one.low <= value <= one.high:
            raise Refused(f"{name} is {value}; it must be from {one.low:g} to {one.high:g}.")
        found[one.library_name] = value
    return found


def main(description: str | None, hyperparameters: Mapping[str, Hyperparameter], step: Callable[..., None]) -> None:
    """Parse the arguments and run ``step``; end with one sentence when the input is refused."""
    arguments = parser(description, hyperparameters).parse_args()
    try:
        step(**vars(arguments))
    except Refused as refusal:
        sys.exit(f"train refused its input: {refusal}")


def step(
    hyperparameters: Mapping[str, Hyperparameter],
    parameters: Callable[[Prepared, Mapping[str, float]], dict[str, Any]],
    fit: Callable[..., "Booster"],
) -> Callable[..., None]:
    """Return the training step of an algorithm.

    ``parameters`` gives the algorithm's settings for some rows and the hyperparameters that are given; ``fit`` fits it
    to some of the rows, as ``Fit`` and with the argument ``settings``.
    """

    def run(
        data: Path,
        target_column: str,
        eval_size: float,
        register_model_name: str | None,
        model: Path,
        evaluation_results: Path,
        **given: float | None,
    ) -> None:
        rows = prepared.load(data, target_column, eval_size)
        settings = parameters(rows, checked(given, hyperparameters))
        train(rows, partial(fit, settings=settings), settings, register_model_name, model, evaluation_results)

    return run


def train(
    rows: Prepared,
    fit: Fit,
    settings: Mapping[str, Any],
    register_model_name: str | None,
    model: Path,
    evaluation_results: Path,
) -> None:
    """Fit the model on all of few rows or the training side of many, evaluate, and write both outputs."""
    tracking.check(register_model_name)
    learned = np.flatnonzero(~rows.rows["evaluation"] | rows.refit)
    booster = fit(rows, learned, "the split")
    print(f"Trained on {len(learned)} of {len(rows.rows)} rows, {len(rows.names)} features")
    protocol = "out_of_fold" if rows.refit else "hold_out"
    judged, folds, scores = _out_of_fold(rows, fit) if rows.refit else _hold_out(rows, booster)
    scores = judging.rounded(rows.task, scores)
    if (scores == scores[0]).all():
        told = ", ".join(f"{score:.7g}" for score in np.atleast_1d(scores[0]))
        raise Refused(f"The model predicts {told} for every row: the features say nothing about the target.")
    more = {"protocol": protocol, "target_column": rows.target_column, "parameters": dict(settings)}
    metrics = results.write(evaluation_results, rows, judged, folds, scores, more)
    print(f"Judged {len(judged)} rows ({protocol}): " + ", ".join(f"{k} {v:.4f}" for k, v in metrics.items()))
    mlmodel.save(booster, model, len(rows.score_columns))
    tracking.report(metrics, settings, model, register_model_name)


def _hold_out(rows: Prepared, booster: "Booster") -> Judged:
    judged = np.flatnonzero(rows.rows["evaluation"])
    return judged, np.zeros(len(judged), np.uint8), predict(booster, rows.features, judged)


def _out_of_fold(rows: Prepared, fit: Fit) -> Judged:
    folds = rows.rows["fold"]
    shape = (len(folds), len(rows.score_columns))
    scores = np.empty(shape if shape[1] > 1 else shape[0])
    for fold in np.unique(folds):
        judged = np.flatnonzero(folds == fold)
        booster = fit(rows, np.flatnonzero(folds != fold), f"all folds but {fold}")
        scores[judged] = predict(booster, rows.features, judged)
    return np.arange(len(folds)), folds, scores
