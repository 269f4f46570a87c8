"""Measure how often the gate of one problem decides right, on data sets drawn from the problem's own rows.

Models are those of the shared XGBoost step, trained out of fold with other seeds; a worse one is spoilt by noise until
it loses what is asked on average. `python -m benchmarks.gate_power --problem NAME` writes the table beside the gate.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.predictions import Predictions
from scripts.lib.line.gates import endpoint_gate, predicted_by, problem_of
from scripts.lib.repository.files import ROOT
from scripts.lib.repository.problem import Problem

COMPONENTS = ROOT / "components"
MOST_ROWS, SEEDS, NOISES = 10_000, 6, 512
HEADER = "| candidate | goal | mean difference | promoted |"
Spoil = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Population:
    """All rows of a problem and what each of several trainings of the same code predicts for them, out of fold."""

    rows: JudgedRows
    scores: list[np.ndarray]


def population(problem: Problem, gate: Gate) -> Population:
    """Prepare the problem's own data, and train on it."""
    sys.path[:0] = [str(COMPONENTS / "shared"), str(COMPONENTS / "train_xgb")]
    import boosters
    import boosting
    import prepared

    with tempfile.TemporaryDirectory() as place:
        features, records, described = _prepared(problem, Path(place))
    data = prepared.Prepared(
        records, features, described["features"], problem.target, described["task"], described["classes"],
        described["eval_size"], described["folds"], True,
    )  # fmt: skip
    scores = []
    for seed in range(SEEDS):
        settings = {**boosting.parameters(data, {}), "seed": seed}
        score = np.empty((len(records), *gate.predicted.score_shape))
        for fold in np.unique(records["fold"]):
            judged = np.flatnonzero(records["fold"] == fold)
            booster = boosting.fit(data, np.flatnonzero(records["fold"] != fold), f"fold {fold}", settings)
            score[judged] = boosters.predict(booster, features, judged)
        scores.append(score)
    table = _table(problem)
    target = data.target if problem.task == "regression" else data.target.astype(np.int64)
    group = table[gate.judgement.group].factorize()[0] if gate.judgement.group else None
    columns = {name: table[name].to_numpy() for name in gate.slice_columns}
    weight = None if data.weight is None else data.weight.astype(np.float64)
    rows = JudgedRows(np.arange(len(target)), target, "cross_fitted", columns, group, weight, predicted_by(problem))
    return Population(rows, scores)


def _table(problem: Problem) -> pd.DataFrame:
    files = sorted(problem.sample.glob("*.csv")) if problem.sample.is_dir() else [problem.sample]
    return pd.concat([pd.read_csv(file, na_values=list(problem.missing)) for file in files]).head(MOST_ROWS)


def _prepared(problem: Problem, place: Path) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return features, records and description of the rows in their own order, as the prepare step makes them."""
    data = place / "data"
    data.mkdir()
    _table(problem).to_csv(data / "rows.csv", index=False)
    command = [sys.executable, str(COMPONENTS / "prepare" / "prepare.py"), "--data", str(data)]
    command += ["--description", str(problem.description_file)]
    environment = {"PYTHONPATH": str(COMPONENTS / "shared"), "PATH": "/usr/bin:/bin"}
    for name, more in (("learned", []), ("kept", ["--transformations", str(place / "learned" / "transformations")])):
        outputs = ["--prepared-data", str(place / name), "--transformations-output"]
        folder = place / name / "transformations"
        subprocess.run([*command, *more, *outputs, str(folder)], check=True, env=environment, capture_output=True)
    described = json.loads((place / "kept" / "prepared.json").read_text(encoding="utf-8"))
    return np.load(place / "kept" / "features.npy"), np.load(place / "kept" / "rows.npy"), described


def spoilt(task: str, scores: np.ndarray, noise: np.ndarray, size: float) -> np.ndarray:
    """Return worse predictions: noise is added to numbers, or to the logarithms of probabilities."""
    if task == "regression":
        return scores + size * noise
    logit = np.log(np.clip(scores, 1e-6, 1))
    if task == "binary":
        logit = logit - np.log(np.clip(1 - scores, 1e-6, 1))
        return 1 / (1 + np.exp(-(logit + size * noise)))
    mixed = np.exp(logit + size * noise)
    return mixed / mixed.sum(axis=1, keepdims=True)


class Measured:
    """The shares that the gate promotes, for candidates of known skill."""

    def __init__(self, name: str, seed: int, datasets: int, workers: ProcessPoolExecutor) -> None:
        self.problem, self.gate = problem_of(name), endpoint_gate(name)
        self.population = population(self.problem, self.gate)
        self._seed, self._datasets, self._workers = seed, datasets, workers
        scores = np.concatenate(self.population.scores)
        self._unit = float(np.std(scores)) if self.problem.task == "regression" else 1.0

    def lines(self) -> Iterator[str]:
        """Yield the lines of the table."""
        compared = [limits for limits in self.gate.metrics if limits.margin is not None]
        first = compared[0]
        yield self._line("equal skill: another training seed", "≥ 95 %", first, 0.0, 0.0)
        for limits in compared:
            title = limits.metric.title
            yield self._line(f"worse by one margin of {title}", "≤ 5 %", limits, 1.0, 0.0)
            yield self._line(f"worse by half a margin of {title}", "reported", limits, 0.5, 0.0)
        yield self._line(f"better by one margin of {first.metric.title}", "≥ 95 %", first, 0.0, 1.0)

    def alone(self) -> float:
        """Return how often a first release of the repository's own training is promoted, by its floors alone."""
        decide = partial(_decide_alone, self.gate, self.population, self._seed)
        return float(np.mean(list(self._workers.map(decide, range(self._datasets), chunksize=25))))

    def _line(self, name: str, goal: str, limits: MetricLimits, candidate: float, champion: float) -> str:
        sizes = tuple(self._size(limits, share) for share in (candidate, champion))
        decide = partial(_decide, self.gate, self.population, limits.metric.name, sizes, self._seed)
        found = np.array(list(self._workers.map(decide, range(self._datasets), chunksize=25)))
        return f"| {name} | {goal} | {limits.metric.title} {found[:, 1].mean():+.4f} | {found[:, 0].mean():.1%} |"

    def _size(self, limits: MetricLimits, share: float) -> float:
        """Return the noise that costs ``share`` of the margin, on average."""
        if not share:
            return 0.0
        rows, metric, wanted = self.population.rows, limits.metric, share * float(limits.margin or 0)
        weight = np.ones(len(rows.target)) if rows.weight is None else rows.weight
        generator = np.random.default_rng(self._seed)
        noises = [generator.normal(size=self.population.scores[0].shape) for _ in range(NOISES)]

        def value(scores: np.ndarray) -> float:
            return metric.influence(Predictions(rows.target, scores, weight, self.gate.threshold or 0.5)).value

        def loss(size: float) -> float:
            pairs = zip(noises, (self.population.scores * NOISES)[:NOISES], strict=True)
            change = [value(spoilt(self.problem.task, scores, noise, size)) - value(scores) for noise, scores in pairs]
            return abs(float(np.mean(change))) - wanted

        return float(brentq(loss, 0, 20 * self._unit, xtol=1e-3 * self._unit))


def _drawn(population: Population, seed: int, number: int) -> tuple[JudgedRows, np.ndarray, np.random.Generator]:
    """Draw as many units (rows, or groups) as there are, with replacement; return the rows and their places."""
    generator = np.random.default_rng([seed, number])
    rows = population.rows
    if rows.group is None:
        places, group = generator.integers(0, len(rows.row), len(rows.row)), None
    else:
        groups = [np.flatnonzero(rows.group == each) for each in np.unique(rows.group)]
        chosen = generator.integers(0, len(groups), len(groups))
        places = np.concatenate([groups[each] for each in chosen])
        group = np.repeat(np.arange(len(chosen)), [len(groups[each]) for each in chosen])
    drawn = JudgedRows(
        np.arange(len(places)),
        rows.target[places],
        rows.protocol,
        {name: column[places] for name, column in rows.columns.items()},
        group,
        None if rows.weight is None else rows.weight[places],
        rows.predicted,
    )
    return drawn, places, generator


def _decide(
    gate: Gate, population: Population, metric: str, sizes: tuple[float, float], seed: int, number: int
) -> tuple[bool, float]:
    """Judge a candidate of one training against a champion of another; return the decision and the difference."""
    rows, places, generator = _drawn(population, seed, number)
    trainings = generator.choice(len(population.scores), 2, replace=False)
    candidate, champion = (
        Scored(name, _worse(gate, population.scores[training][places], size, generator))
        for name, training, size in zip(("candidate", "champion"), trainings, sizes, strict=True)
    )
    verdict = evaluate(rows, candidate, champion, gate)
    difference = verdict.candidate_metrics[metric] - (verdict.champion_metrics or {})[metric]
    return verdict.promote, difference


def _decide_alone(gate: Gate, population: Population, seed: int, number: int) -> bool:
    rows, places, _ = _drawn(population, seed, number)
    return evaluate(rows, Scored("candidate", population.scores[0][places]), None, gate).promote


def _worse(gate: Gate, scores: np.ndarray, size: float, generator: np.random.Generator) -> np.ndarray:
    return spoilt(gate.predicted.task, scores, generator.normal(size=scores.shape), size) if size else scores


def report(name: str, seed: int, datasets: int, workers: ProcessPoolExecutor) -> str:
    """Measure, and render the table of one problem."""
    measured = Measured(name, seed, datasets, workers)
    rows = len(measured.population.rows.row)
    return "\n".join(
        [
            f"# How often the gate of {name} decides right",
            "",
            f"Command: `python -m benchmarks.gate_power --problem {name} --seed {seed} --datasets {datasets}`",
            "",
            f"Gate: `{measured.gate.digest}`",
            "",
            f"{datasets} data sets of {rows} rows, drawn from the rows that the repository ships for this problem. A "
            f"share near 5 % or 95 % has a standard error of {100 * np.sqrt(0.05 * 0.95 / datasets):.1f} points. "
            "`docs/gate.md` explains the rules.",
            "",
            f"A first release of the shared training, by the floors alone, is promoted in {measured.alone():.1%}.",
            "",
            HEADER,
            "|---|---|---|---:|",
            *measured.lines(),
            "",
        ]
    )
