"""Measure how often the bounds of several classes and of numbers miss: `python -m benchmarks.gate_coverage_tasks`.

The truths are those of two million rows, computed by scikit-learn; samples are made without the gate's code.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np
from sklearn import metrics
from threadpoolctl import threadpool_limits

from scripts.lib.gate.bounds import difference_bounds, metric_bounds
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.predicted import Predicted

REPORT = Path(__file__).resolve().parents[1] / "docs" / "gate_coverage_tasks.md"
SEED, DATASETS, CONFIDENCE, KEEP, TRUTH_ROWS, ROWS_OF_GROUP = 20240229, 2000, 0.975, 0.88, 2_000_000, 3
ROWS = (150, 500, 10_000)
SHARES = np.array([0.5, 0.3, 0.2])
KINDS = ("three classes", "a number", "a number, errors with a long tail")
PREDICTED = {"multiclass": Predicted("multiclass", ("a", "b", "c")), "regression": Predicted("regression")}
Sides = tuple[np.ndarray, list[np.ndarray]]


def task_of(kind: str) -> str:
    """Return the task of a kind of samples."""
    return "multiclass" if kind == "three classes" else "regression"


def drawn(kind: str, rows: int, generator: np.random.Generator, unit: np.ndarray | None = None) -> Sides:
    """Draw targets and what two models of unlike skill, whose errors are related, predict.

    Rows of one ``unit`` share most of their noise.
    """
    if kind == "three classes":
        target = generator.choice(3, rows, p=SHARES)
        shared, *own = (generator.normal(size=(rows, 3)) for _ in range(3))
        scores = []
        for skill, noise in zip((1.4, 1.2), own, strict=True):
            logit = np.log(SHARES) + skill * np.eye(3)[target] + 0.9 * shared + 0.4 * noise
            scores.append(np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True))
        return target, scores
    shared, *own = (_noise(kind, rows, generator, unit) for _ in range(3))
    signal = generator.normal(size=rows) if unit is None else generator.normal(size=unit.max() + 1)[unit]
    spread = 0.6 + 0.4 * np.abs(signal)
    target = signal + 0.7 * spread * shared
    return target, [0.1 + 0.9 * signal + 0.2 * own[0], 0.8 * signal + 0.4 * own[1]]


def _noise(kind: str, rows: int, generator: np.random.Generator, unit: np.ndarray | None) -> np.ndarray:
    def noise(size: int) -> np.ndarray:
        if kind.endswith("long tail"):
            return generator.exponential(size=size) ** 1.5 - 1.33
        return generator.normal(size=size)

    return noise(rows) if unit is None else 0.8 * noise(unit.max() + 1)[unit] + 0.6 * noise(rows)


@cache
def truths(kind: str) -> list[dict[str, float]]:
    """Return the metrics of both models, and of a constant prediction."""
    target, scores = drawn(kind, TRUTH_ROWS, np.random.default_rng(1))
    if task_of(kind) == "multiclass":
        constant = np.tile(np.bincount(target) / len(target), (len(target), 1))
    else:
        constant = np.full(len(target), target.mean())
    return [_by_scikit_learn(target, score) for score in (*scores, constant)]


def _by_scikit_learn(target: np.ndarray, score: np.ndarray) -> dict[str, float]:
    if score.ndim == 1:
        return {
            "rmse": metrics.root_mean_squared_error(target, score),
            "mae": metrics.mean_absolute_error(target, score),
            "median_absolute_error": metrics.median_absolute_error(target, score),
            "r2": metrics.r2_score(target, score),
            "mean_bias": float(np.mean(score - target)),
        }
    called = score.argmax(axis=1)
    macro = {"average": "macro", "zero_division": 0}
    return {
        "macro_roc_auc": metrics.roc_auc_score(target, score, multi_class="ovr"),
        "log_loss": metrics.log_loss(target, score),
        "brier": metrics.brier_score_loss(target, score),
        "accuracy": metrics.accuracy_score(target, called),
        "macro_precision": metrics.precision_score(target, called, **macro),
        "macro_recall": metrics.recall_score(target, called, **macro),
        "macro_f1": metrics.f1_score(target, called, **macro),
    }


def missed(kind: str, rows: int, truth: list[dict[str, float]], seed: int, number: int) -> dict[str, tuple[bool, bool]]:
    """Draw data set ``number``; return whether the lower and the upper of each bound miss the truth."""
    generator = np.random.default_rng([seed, rows, number])
    found = dict(_bounds(kind, drawn(kind, rows, generator), None, truth))
    if task_of(kind) == "regression":
        unit = np.arange(rows) // ROWS_OF_GROUP
        of_groups = _bounds(kind, drawn(kind, rows, generator, unit), unit, None)
        found |= {f"{name} of groups": miss for name, miss in of_groups}
    return found


def _bounds(
    kind: str, sides: Sides, unit: np.ndarray | None, truth: list[dict[str, float]] | None
) -> Iterator[tuple[str, tuple[bool, bool]]]:
    target, scores = sides
    task = task_of(kind)
    rows = JudgedRows(np.arange(len(target)), target, "cross_fitted", group=unit, predicted=PREDICTED[task])
    sample, scored = Sample(rows, None), [Scored("model", score) for score in scores]
    first, second = (sample.estimates(side, METRICS[task].values()) for side in scored)
    if truth is None:
        mean_bias = METRICS[task]["mean_bias"]
        bounds = metric_bounds(mean_bias, first["mean_bias"], CONFIDENCE)
        yield "limit mean_bias", (bounds.lower > 0.1, bounds.upper < 0.1)
        return
    ours, theirs, nothing = truth
    for name, metric in METRICS[task].items():
        bounds = metric_bounds(metric, first[name], CONFIDENCE)
        if bounds is not None:
            yield f"limit {name}", (ours[name] < bounds.lower, ours[name] > bounds.upper)
        if metric.can_compare:
            difference = ours[name] - theirs[name]
            bounds = difference_bounds(metric, first[name].minus(second[name]), CONFIDENCE)
            yield f"margin {name}", (difference < bounds.lower, difference > bounds.upper)
        if metric.no_information is not None and name != "mae":
            gains = [
                sample.advantage(metric, each[name], side) for each, side in zip((first, second), scored, strict=True)
            ]
            surplus = abs(ours[name] - nothing[name]) - KEEP * abs(theirs[name] - nothing[name])
            bounds = difference_bounds(metric, gains[0].minus(gains[1], KEEP), CONFIDENCE)
            yield f"keep {name}", (surplus < bounds.lower, surplus > bounds.upper)


def measure(kind: str, rows: int, seed: int, datasets: int, workers: ProcessPoolExecutor) -> dict[str, np.ndarray]:
    """Return, in percent, how often the lower and the upper of each bound miss."""
    draw = partial(missed, kind, rows, truths(kind), seed)
    found = list(workers.map(draw, range(datasets), chunksize=25))
    names = dict.fromkeys(name for each in found for name in each)
    return {name: 100 * np.mean([each[name] for each in found if name in each], axis=0) for name in names}


def report(cells: dict[tuple[str, int], dict[str, np.ndarray]], arguments: argparse.Namespace) -> str:
    """Render docs/gate_coverage_tasks.md."""
    lines = [
        "# How often the bounds of several classes and of numbers miss the truth",
        "",
        f"Command: `python -m benchmarks.gate_coverage_tasks --seed {arguments.seed} --datasets {arguments.datasets}`",
        "",
        "As in [gate_coverage.md](gate_coverage.md): in percent, how often the truth lay below the lower and above the "
        "upper bound at 97.5 %, where 2.5 % is right. The three classes have 50, 30 and 20 % of the rows; groups have "
        f"{ROWS_OF_GROUP} rows. The truths are those of {TRUTH_ROWS:,} rows, so that at {ROWS[-1]:,} rows they move a "
        "cell by some tenths of a point.",
    ]
    for kind in KINDS:
        of_kind = {rows: cell for (each, rows), cell in cells.items() if each == kind}
        names = dict.fromkeys(name for cell in of_kind.values() for name in cell)
        lines += ["", f"## {kind[0].upper()}{kind[1:]}", ""]
        lines += [f"| bound | {' | '.join(f'{rows:,} rows' for rows in of_kind)} |", f"|---|{'---:|' * len(of_kind)}"]
        for name in names:
            shown = (f"{cell[name][0]:.1f} / {cell[name][1]:.1f}" for cell in of_kind.values())
            lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure every cell and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--datasets", type=int, default=DATASETS, help="samples of each kind")
    parser.add_argument("--report", type=Path, default=REPORT, help="Markdown file to write")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(os.cpu_count(), initializer=partial(threadpool_limits, 1)) as workers:
        cells = {
            (kind, rows): measure(kind, rows, arguments.seed, arguments.datasets, workers)
            for kind in KINDS
            for rows in ROWS
        }
    text = report(cells, arguments)
    arguments.report.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
