"""How a model is trained and judged, whatever the algorithm: few rows out of fold, many by their held-out side."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import judging
import mlmodel
import numpy as np
import prepared
import ranks
import results
import tracking
from boosters import predict
from prepared import Prepared
from ranks import ALONE, Ranks
from refusal import Refused

if TYPE_CHECKING:
    from xgboost import Booster

# Fits the rows at an index; the text names them in a refusal.
Fit = Callable[[Prepared, np.ndarray, str], "Booster"]
Judged = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Hyperparameter:
    """An optional input of a training step: its name in the library, its type, and the values that it may have.

    These are numbers from ``low`` to ``high``, or the words in ``choices``.
    """

    library_name: str
    kind: type
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()


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
        option, choices = f"--{name.replace('_', '-')}", one.choices or None
        made.add_argument(option, type=one.kind, choices=choices, help="default: what suits the number of rows")
    return made


def checked(given: Mapping[str, float | str | None], known: Mapping[str, Hyperparameter]) -> dict[str, Any]:
    """Return the hyperparameters that have a value, by the library's names; refuse one that cannot be."""
    found = {}
    for name, value in given.items():
        one = known[name]
        if value is None:
            continue
        if not one.choices and not one.low <= float(value) <= one.high:
            raise Refused(f"{name} is {value}; it must be from {one.low:g} to {one.high:g}.")
        found[one.library_name] = value
    return found


def main(description: str | None, hyperparameters: Mapping[str, Hyperparameter], step: Callable[..., None]) -> None:
    """Parse the arguments and run ``step``; end with one sentence when the input is refused."""
    arguments = parser(description, hyperparameters).parse_args()
    ranks.run("train", lambda: step(**vars(arguments)))


def step(
    hyperparameters: Mapping[str, Hyperparameter],
    parameters: Callable[[Prepared, Mapping[str, Any]], dict[str, Any]],
    fit: Callable[..., "Booster"],
    in_parts: bool = False,
) -> Callable[..., None]:
    """Return the training step of an algorithm.

    ``parameters`` gives the algorithm's settings for some rows and the hyperparameters that are given; ``fit`` fits it
    to some of the rows, as ``Fit`` and with the argument ``settings``. With ``in_parts`` it makes one model in several
    processes that have a part of the rows each.
    """

    def run(
        data: Path,
        target_column: str,
        eval_size: float,
        register_model_name: str | None,
        model: Path,
        evaluation_results: Path,
        **given: float | str | None,
    ) -> None:
        here = ranks.of_step()
        told = prepared.describe(data, target_column, eval_size)
        # Of few rows every process has all, and they divide the folds; of many each has a part.
        sharing = ALONE if told["refit"] else here
        if sharing.size > 1 and not in_parts:
            raise Refused(f"This algorithm needs all rows in one process; the step has {here.size}. Give it one.")
        with ranks.joined(sharing):
            rows = prepared.part_of(data, told, sharing)
            whole = rows if sharing.size == 1 else prepared.part_of(data, told, ALONE) if here.first else None
            if whole is not None:
                prepared.check(whole)
            settings = parameters(rows, checked(given, hyperparameters))
            fitted = partial(fit, settings=settings)
            train(rows, fitted, settings, register_model_name, model, evaluation_results, here, whole)

    return run


def train(
    rows: Prepared,
    fit: Fit,
    settings: Mapping[str, Any],
    register_model_name: str | None,
    model: Path,
    evaluation_results: Path,
    here: Ranks,
    whole: Prepared | None,
) -> None:
    """Fit the model on all of few rows or the training side of many, evaluate, and write both outputs.

    ``rows`` are those of this process; the first one has the ``whole`` too, and writes.
    """
    tracking.check(register_model_name)
    learned = prepared.places(~rows.rows["evaluation"] | rows.refit)
    booster = fit(rows, learned, "the split")
    print(f"Trained on {len(learned)} of {len(rows.rows)} rows, {len(rows.names)} features")
    del learned
    protocol = "out_of_fold" if rows.refit else "hold_out"
    judged, folds, scores = _out_of_fold(rows, fit, here) if rows.refit else _hold_out(rows, booster, whole)
    if not here.first or whole is None:
        return
    rows = whole
    scores = judging.rounded(rows.task, scores)
    if (scores == scores[0]).all():
        told = ", ".join(f"{score:.7g}" for score in np.atleast_1d(scores[0]))
        raise Refused(f"The model predicts {told} for every row: the features say nothing about the target.")
    more = {"protocol": protocol, "target_column": rows.target_column, "parameters": dict(settings)}
    metrics = results.write(evaluation_results, rows, judged, folds, scores, more)
    print(f"Judged {len(judged)} rows ({protocol}): " + ", ".join(f"{k} {v:.4f}" for k, v in metrics.items()))
    mlmodel.save(booster, model, len(rows.score_columns))
    tracking.report(metrics, settings, model, register_model_name)


def _hold_out(rows: Prepared, booster: "Booster", whole: Prepared | None) -> Judged:
    """Predict the rows of this process; the first gets the scores of all."""
    own = np.flatnonzero(rows.rows["evaluation"])
    scores = predict(booster, rows.features, own)
    if rows.ranks.size == 1:
        return own, np.zeros(len(own), np.uint8), scores
    held_out = whole.rows["evaluation"] if whole else rows.rows["evaluation"]
    everywhere = np.zeros((len(held_out), *scores.shape[1:]), np.float32)
    for rank, part in enumerate(rows.ranks.each(scores.astype(np.float32))):
        if whole:
            places = [np.arange(span.start, span.stop) for span in Ranks(rank, rows.ranks.size).spread(len(held_out))]
            of_rank = np.concatenate(places)
            everywhere[of_rank[held_out[of_rank]]] = part
    judged = np.flatnonzero(held_out)
    return judged, np.zeros(len(judged), np.uint8), everywhere[judged].astype(np.float64)


def _out_of_fold(rows: Prepared, fit: Fit, here: Ranks) -> Judged:
    folds = rows.rows["fold"]
    shape = (len(folds), len(rows.score_columns))
    scores = np.zeros(shape if shape[1] > 1 else shape[0])
    for fold in np.unique(folds)[here.rank :: here.size]:
        judged = np.flatnonzero(folds == fold)
        booster = fit(rows, np.flatnonzero(folds != fold), f"all folds but {fold}")
        scores[judged] = predict(booster, rows.features, judged)
    with ranks.joined(here):
        return np.arange(len(folds)), folds, here.total(scores)
