"""Measure how often the whole gate decides right: `python -m benchmarks.gate_power` writes the report."""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from benchmarks import gate_power_problem
from benchmarks.gate_creep import creep
from benchmarks.gate_populations import ROOT, SHARE, SHIPPED, DataSet, blurred, overconfident, populations
from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import Scored

REPORT = ROOT / "docs" / "gate_power.md"
DATASETS, SEED = 200, 20240229
DATASETS_OF_PROBLEM = 400
HEADER = "kind of candidate | goal | ROC AUC, difference (SD) | Brier, difference (SD) | promoted | naive rule"
AT_LEAST, AT_MOST, REPORTED = "≥ 95 %", "≤ 5 %", "reported"

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One kind of candidate: its differences to the champion (mean, SD) and how often it is promoted."""

    name: str
    goal: str
    auc: tuple[float, float]
    brier: tuple[float, float]
    promoted: float
    alone: float
    naive: float


def draw(population: int, seed: int, number: int) -> DataSet:
    """Draw data set ``number`` of a population."""
    return populations()[population].draw(np.random.default_rng([seed, population, number]))


def decide(gate: Gate, triple: tuple[DataSet, np.ndarray, np.ndarray]) -> tuple[bool, bool]:
    """Return whether the gate promotes the candidate, and whether it would have promoted the champion alone."""
    data, candidate, champion = triple
    incumbent = Scored("champion", champion)
    promoted = evaluate(data.rows, Scored("candidate", candidate), incumbent, gate).promote
    return promoted, evaluate(data.rows, incumbent, None, gate).promote


class Measured:
    """The kinds of candidates of one population, judged on the same data sets."""

    def __init__(self, number: int, seed: int, datasets: int, workers: ProcessPoolExecutor) -> None:
        self.population, self.workers = populations()[number], workers
        self.data: list[DataSet] = list(workers.map(partial(draw, number, seed), range(datasets), chunksize=4))
        self.rounded = getattr(self.population, "rounded", lambda score: score)

    def rows(self) -> Iterator[Row]:
        """Measure every kind of candidate."""
        yield self._row("identical code, same result", AT_LEAST, lambda each: (_champion(each), _champion(each)))
        yield self._row("equal skill: another training seed", AT_LEAST, lambda each: (_other(each), _champion(each)))
        if f"another {SHARE:.0%} of the rows" in self.data[0].scores:
            yield self._row(
                f"equal skill: each trained on its own {SHARE:.0%} of the rows",
                REPORTED,
                lambda each: (
                    each.scores[f"another {SHARE:.0%} of the rows"],
                    each.scores[f"champion on its own {SHARE:.0%} of the rows"],
                ),
            )
        for share, goal in ((0.5, REPORTED), (1.0, AT_MOST), (1.5, AT_MOST)):
            yield self._worse(f"ROC AUC worse by {share:g} times the margin", goal, roc_auc_score, blurred, share)
        for share, goal in ((0.5, REPORTED), (1.0, AT_MOST), (1.5, AT_MOST)):
            name = f"Brier score worse by {share:g} times the margin"
            yield self._worse(name, goal, brier_score_loss, overconfident, share)
        spoil = self._spoilt(roc_auc_score, blurred, 1.0)
        yield self._row(
            "better by the margin of ROC AUC", AT_LEAST, lambda each: (_other(each), spoil(each, _champion(each)))
        )

    def _worse(self, name: str, goal: str, metric: Callable[..., float], change: Callable, share: float) -> Row:
        spoil = self._spoilt(metric, change, share)
        return self._row(name, goal, lambda each: (spoil(each, _other(each)), _champion(each)))

    def _spoilt(self, metric: Callable[..., float], change: Callable, share: float) -> Callable:
        """Return what spoils a model by that share of the gate's margin, on the mean of all data sets."""
        wanted = share * self._margin("roc_auc" if metric is roc_auc_score else "brier")
        some = self.data[:50]
        # Noise makes new values, which are rounded as the model's are; a stretch makes none.
        last = self.rounded if change is blurred else lambda score: score

        def spoil(each: DataSet, score: np.ndarray, size: float) -> np.ndarray:
            return last(change(score, each.noise, size))

        def loss(size: float) -> float:
            spoilt = [
                metric(each.rows.target, spoil(each, _other(each), size)) - metric(each.rows.target, _other(each))
                for each in some
            ]
            return abs(float(np.mean(spoilt))) - wanted

        size = brentq(loss, 0, 20, xtol=2e-3)
        return lambda each, score: spoil(each, score, size)

    def _margin(self, metric: str) -> float:
        limits = next(limits for limits in self.population.gate.metrics if limits.metric.name == metric)
        if limits.margin is not None:
            return limits.margin
        advantages = [
            each.rows.target.var() - brier_score_loss(each.rows.target, _champion(each)) for each in self.data
        ]
        return (1 - limits.keep) * float(np.mean(advantages))

    def _row(self, name: str, goal: str, pairs: Callable[[DataSet], Pair]) -> Row:
        triples = [(each, *pairs(each)) for each in self.data]
        decided = list(self.workers.map(partial(decide, self.population.gate), triples, chunksize=8))

        def difference(metric: Callable[..., float]) -> tuple[float, float]:
            found = [metric(each.rows.target, a) - metric(each.rows.target, b) for each, a, b in triples]
            return float(np.mean(found)), float(np.std(found))

        naive = [
            accuracy_score(each.rows.target, a >= 0.5) >= accuracy_score(each.rows.target, b >= 0.5)
            for each, a, b in triples
        ]
        promoted, alone = (float(share) for share in np.mean(decided, axis=0))
        differences = difference(roc_auc_score), difference(brier_score_loss)
        return Row(name, goal, *differences, promoted, alone, float(np.mean(naive)))


def _champion(each: DataSet) -> np.ndarray:
    return each.scores["champion"]


def _other(each: DataSet) -> np.ndarray:
    return each.scores["another seed"]


def section(measured: Measured) -> list[str]:
    """Render what was measured on one population."""
    rows = list(measured.rows())
    return [
        f"## {measured.population.name[0].upper()}{measured.population.name[1:]}",
        "",
        f"Rules: {_rules(measured.population.gate)}. The champion alone, without a comparison, meets them in "
        f"{rows[0].alone:.1%} of the data sets.",
        "",
        f"| {HEADER} |",
        "|---|---|---|---|---:|---:|",
        *(
            f"| {row.name} | {row.goal} | {_difference(row.auc)} | {_difference(row.brier)} | {row.promoted:.1%} "
            f"| {row.naive:.1%} |"
            for row in rows
        ),
        "",
    ]


def _rules(gate: Gate) -> str:
    told = []
    for limits in gate.metrics:
        given = {"floor": limits.floor, "ceiling": limits.ceiling, "margin": limits.margin, "keep": limits.keep}
        rules = (f"{key} {value:g}" for key, value in given.items() if value is not None)
        told.append(f"{limits.metric.name} {' '.join(rules)}")
    return ", ".join(told)


def report(sections: Sequence[list[str]], arguments: argparse.Namespace) -> str:
    """Render docs/gate_power.md."""
    return "\n".join(
        [
            "# How often the gate decides right",
            "",
            f"Command: `python -m benchmarks.gate_power --seed {arguments.seed} --datasets {arguments.datasets}`",
            "",
            f"Gate: `{SHIPPED.digest}`",
            "",
            f"{arguments.datasets} data sets of each population, judged by all rules. A share near 5 % or 95 % has a "
            f"standard error of {100 * np.sqrt(0.05 * 0.95 / arguments.datasets):.1f} points. `docs/gate.md` explains "
            "the columns.",
            "",
            *(line for lines in sections for line in lines),
        ]
    )


def _difference(pair: tuple[float, float]) -> str:
    return f"{pair[0]:+.4f} ({pair[1]:.4f})"


def main() -> None:
    """Simulate, judge, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", help="the table of this problem's gate alone, on its own rows")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--datasets", type=int, help="data sets of each population")
    parser.add_argument("--report", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    # One BLAS thread a process: the processes fill the cores.
    with ProcessPoolExecutor(os.cpu_count(), initializer=partial(threadpool_limits, 1)) as workers:
        if arguments.problem:
            path = arguments.report or ROOT / "endpoints" / arguments.problem / "gate_power.md"
            datasets = arguments.datasets or DATASETS_OF_PROBLEM
            text = gate_power_problem.report(arguments.problem, arguments.seed, datasets, workers)
        else:
            path = arguments.report or REPORT
            arguments.datasets = arguments.datasets or DATASETS
            sections = [
                section(Measured(number, arguments.seed, arguments.datasets, workers))
                for number in range(len(populations()))
            ]
            sections.append(creep(arguments.seed, arguments.datasets // 2, workers))
            text = report(sections, arguments)
    path.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
