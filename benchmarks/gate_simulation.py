"""Simulated data sets, candidates spoilt by a known amount, and what each rule decides about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from benchmarks.gate_population import (
    EVAL_SIZE,
    FOLDS,
    Population,
    article_recipe,
    encoded,
    fit_predict,
    out_of_fold,
)
from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.reading import Evaluation, Run

SUBSAMPLE = 0.8
LOST = ("cp", "ca", "thal")

Change = Callable[[np.ndarray, np.ndarray], np.ndarray]
Spoil = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class DataSet:
    """One simulated data set and what each model says about it.

    ``scores`` have shape (rows,), NaN where a held-out model does not judge; ``noise`` is standard normal of
    shape (2, rows); ``recipe`` holds targets and scores of two runs of the article's recipe.
    """

    target: np.ndarray
    age: np.ndarray
    sex: np.ndarray
    scores: dict[str, np.ndarray]
    noise: np.ndarray
    recipe: tuple[tuple[np.ndarray, np.ndarray], ...]


def simulate(population: Population, rows: int, seed: int, number: int) -> DataSet:
    """Draw data set ``number``; run every model on it out of fold, two held out, and the article's recipe."""
    generator = np.random.default_rng([seed, number])
    frame = population.draw(rows, generator)
    target = frame["target"].to_numpy().astype(np.int64)
    fold = generator.integers(FOLDS, size=rows)
    held_out = generator.random(rows) < EVAL_SIZE
    plain = encoded(frame)
    broken = encoded(frame.assign(**{name: generator.permutation(frame[name]) for name in LOST}))
    first, second = (int(value) for value in generator.integers(2**31, size=2))
    scores = {
        "champion": out_of_fold(plain, target, fold, first),
        "other seed": out_of_fold(plain, target, fold, second),
        "other rows": out_of_fold(plain, target, fold, second, share=SUBSAMPLE),
        "champion on other rows": out_of_fold(plain, target, fold, first, share=SUBSAMPLE),
        "other encoding": out_of_fold(encoded(frame, onehot=True), target, fold, second),
        "lost columns": out_of_fold(broken, target, fold, second),
    }
    train, judged = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    for name, chosen in (("held-out champion", first), ("held-out other seed", second)):
        scores[name] = np.full(rows, np.nan)
        scores[name][judged] = fit_predict(plain, target, train, judged, chosen)
    recipe = tuple(article_recipe(plain, target, generator) for _ in range(2))
    noise = generator.normal(size=(2, rows))
    return DataSet(target, frame["age"].to_numpy(), frame["sex"].to_numpy(), scores, noise, recipe)


def blurred(score: np.ndarray, noise: np.ndarray, size: float) -> np.ndarray:
    """Add noise on the logit scale, which costs ranking."""
    return expit(logit(np.clip(score, 1e-6, 1 - 1e-6)) + size * noise)


def overconfident(score: np.ndarray, _: np.ndarray, size: float) -> np.ndarray:
    """Stretch on the logit scale, which costs calibration and no ranking."""
    return expit(logit(np.clip(score, 1e-6, 1 - 1e-6)) * (1 + size))


def size_for(wanted: float, mean_difference: Callable[[float], float]) -> float:
    """Find the amount of spoiling at which the mean difference of a metric is ``wanted``."""
    return float(brentq(lambda size: mean_difference(size) - wanted, 0, 50, xtol=1e-3))


def judge(gate: Gate, protocol: str, triple: tuple[DataSet, np.ndarray, np.ndarray]) -> bool:
    """Say whether the gate promotes the candidate over the champion of ``(data, candidate, champion)``."""
    data, *pair = triple
    rows = ~np.isnan(pair[0])
    models = [
        Evaluation(
            run=Run(name, content_digest=name, code_digest=name, job=name, status="Completed"),
            protocol=protocol,
            row_ids=np.arange(rows.sum()).astype(str),
            target=data.target[rows],
            score=score[rows],
            age=data.age[rows],
            sex=data.sex[rows],
            reported={},
        )
        for name, score in zip(("candidate", "champion"), pair, strict=True)
    ]
    return evaluate(models[0], models[1], gate).promote


def naive_share(data: Sequence[DataSet], change: Change, *, swap: bool) -> float:
    """Return how often `candidate accuracy >= champion accuracy` promotes, on the article's recipe.

    ``change`` spoils the scores of one of two runs: the candidate's, or the champion's with ``swap``.
    """
    promoted = []
    for each in data:
        (target, score), (other_target, other_score) = each.recipe
        spoilt = ((change(score, each.noise[0, : len(score)]) >= 0.5) == target).mean()
        other = ((other_score >= 0.5) == other_target).mean()
        promoted.append(other >= spoilt if swap else spoilt >= other)
    return float(np.mean(promoted))
