"""Measure how often the gate of one problem decides right, on data sets drawn from the problem's own rows.

Models are those of the shared XGBoost step, trained out of fold with other seeds; a worse one is spoilt by noise until
it loses what is asked on average. `python -m benchmarks.gate_power --problem NAME` writes the table beside the gate.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
from scipy.optimize import brentq

from benchmarks.gate_problem_population import Population, drawn, population
from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.predictions import Predictions
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.repository.problem import find_problem

NOISES = 512
HEADER = "| candidate | goal | mean difference | promoted |"


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
        self.problem, self.gate = find_problem(name), endpoint_gate(name)
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
        decide = partial(_decide_alone, self.problem.name, self.population, self._seed)
        return float(np.mean(list(self._workers.map(decide, range(self._datasets), chunksize=25))))

    def _line(self, name: str, goal: str, limits: MetricLimits, candidate: float, champion: float) -> str:
        sizes = tuple(self._size(limits, share) for share in (candidate, champion))
        decide = partial(_decide, self.problem.name, self.population, limits.metric.name, sizes, self._seed)
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


@cache
def _gate(name: str) -> Gate:
    """Return the gate, in each process loaded anew: a metric of the problem's own cannot be passed between them."""
    return endpoint_gate(name)


def _decide(
    name: str, population: Population, metric: str, sizes: tuple[float, float], seed: int, number: int
) -> tuple[bool, float]:
    """Judge a candidate of one training against a champion of another; return the decision and the difference."""
    rows, places, generator = drawn(population, seed, number)
    gate = _gate(name)
    trainings = generator.choice(len(population.scores), 2, replace=False)
    candidate, champion = (
        Scored(side, _worse(gate, population.scores[training][places], size, generator))
        for side, training, size in zip(("candidate", "champion"), trainings, sizes, strict=True)
    )
    verdict = evaluate(rows, candidate, champion, gate)
    difference = verdict.candidate_metrics[metric] - (verdict.champion_metrics or {})[metric]
    return verdict.promote, difference


def _decide_alone(name: str, population: Population, seed: int, number: int) -> bool:
    rows, places, _ = drawn(population, seed, number)
    return evaluate(rows, Scored("candidate", population.scores[0][places]), None, _gate(name)).promote


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
