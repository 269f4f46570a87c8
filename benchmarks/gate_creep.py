"""Measure what is lost over many releases when every candidate is a little worse than the champion of its day."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.stats import norm

from benchmarks.gate_binormal import Binormal
from benchmarks.gate_populations import SHIPPED
from scripts.lib.gate.config import Gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import JudgedRows, Scored

RELEASES, ROWS, POSITIVES, START, CORRELATION = 20, 303, 0.46, 1.8, 0.98


def creep(seed: int, chains: int, workers: ProcessPoolExecutor) -> list[str]:
    """Render the mean loss of ROC AUC after many candidates, with and without a comparison to the last promoted."""
    margin = next(limits.margin for limits in SHIPPED.metrics if limits.metric.name == "roc_auc")
    of_references = SHIPPED.references
    lines = [
        f"## {RELEASES} candidates in a row, each worse than its champion by half a margin of ROC AUC",
        "",
        f"{chains} rows of releases, {ROWS} new rows of data at each. What the last champion has lost against the "
        "first:",
        "",
        "| compared with | promoted | mean loss of ROC AUC | largest loss, in margins |",
        "|---|---:|---:|---:|",
    ]
    for name, gate in (
        ("the champion alone", replace(SHIPPED, references=None)),
        (f"the best of the last {of_references.last}, at {of_references.margin_share:g} margins, too", SHIPPED),
    ):
        found = list(workers.map(partial(_chain, gate, margin, seed), range(chains)))
        promoted, losses = np.array(found).T
        lines.append(
            f"| {name} | {promoted.mean() / RELEASES:.1%} | {losses.mean():.4f} | {losses.max() / margin:.1f} |"
        )
    return [*lines, ""]


def _chain(gate: Gate, margin: float, seed: int, number: int) -> tuple[int, float]:
    """Release one candidate after another; return how many were promoted, and what was lost."""
    generator = np.random.default_rng([seed, 99, number])
    gate = replace(gate, slices=replace(gate.slices, slices=()))
    promoted = [START]
    for _ in range(RELEASES):
        area = norm.cdf(promoted[-1] / np.sqrt(2)) - margin / 2
        separation = float(norm.ppf(area) * np.sqrt(2))
        last = promoted[-gate.references.last :] if gate.references else promoted[-1:]
        rows, score = _data(generator)
        sides = [Scored(f"{place}", score(each)) for place, each in enumerate(last)]
        if evaluate(rows, Scored("candidate", score(separation)), sides[-1], gate, sides).promote:
            promoted.append(separation)
    return len(promoted) - 1, float(norm.cdf(START / np.sqrt(2)) - norm.cdf(promoted[-1] / np.sqrt(2)))


def _data(generator: np.random.Generator) -> tuple[JudgedRows, Callable[[float], np.ndarray]]:
    """Draw new rows; return them, and what a model of a given separation says of them."""
    target = (generator.random(ROWS) < POSITIVES).astype(np.int64)
    shared = generator.normal(size=ROWS)

    def score(separation: float) -> np.ndarray:
        own = generator.normal(size=ROWS)
        noise = CORRELATION * shared + np.sqrt(1 - CORRELATION**2) * own
        return Binormal(POSITIVES, separation).scores(noise + separation * (target - 0.5))

    return JudgedRows(np.arange(ROWS), target, "cross_fitted"), score
