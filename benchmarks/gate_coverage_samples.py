"""Samples whose truth is known: rows, groups of rows, repeated trainings; the bounds of each, and the truth."""

from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.stats import norm

from benchmarks.gate_binormal import Binormal
from scripts.lib.gate.bounds import difference_bounds, metric_bounds
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.verdict import Interval

CONFIDENCE, KEEP = 0.975, 0.88
# Two models of unlike skill, the first overconfident; their errors are correlated.
SEPARATIONS, STRETCH, CORRELATION = (1.8, 1.6), 1.2, 0.9
ROWS_OF_GROUP, REPEATS, SPREAD_OF_RUNS = 2, 3, 0.05
OF_TWO_CLASSES = METRICS["binary"]
Bound = tuple[str, Interval | None, float]


def of_rows(rows: int, positives: float, generator: np.random.Generator) -> Iterator[tuple[int, Bound]]:
    """Independent rows: yield the size of the rarer class, and each kind of bound with the truth."""
    target = _targets(rows, positives, generator)
    models = _models(positives)
    noise = generator.normal(size=rows)
    scores = [model.scores(_evidence(target, model, noise, generator)) for model in models]
    sample = _sample(target, positives)
    sides = [Scored("model", score) for score in scores]
    first, second = (sample.estimates(side, OF_TWO_CLASSES.values()) for side in sides)
    truths, nothing = [_truths(model, _threshold(positives)) for model in models], models[0].no_information()
    for name, metric in OF_TWO_CLASSES.items():
        yield sample.rarer_class, (f"limit {name}", metric_bounds(metric, first[name], CONFIDENCE), truths[0][name])
        if metric.can_compare:
            bounds = difference_bounds(metric, first[name].minus(second[name]), CONFIDENCE)
            yield sample.rarer_class, (f"margin {name}", bounds, truths[0][name] - truths[1][name])
    for name, metric in OF_TWO_CLASSES.items():
        if metric.no_information is None:
            continue
        ours, theirs = (
            sample.advantage(metric, each[name], side) for each, side in zip((first, second), sides, strict=True)
        )
        gains = [abs(truth[name] - nothing[name]) for truth in truths]
        bounds = difference_bounds(metric, ours.minus(theirs, KEEP), CONFIDENCE)
        yield sample.rarer_class, (f"keep {name}", bounds, gains[0] - KEEP * gains[1])


def of_groups(rows: int, positives: float, generator: np.random.Generator) -> Iterator[tuple[int, Bound]]:
    """Rows of a group share their target and half of their noise."""
    group = np.arange(rows) // ROWS_OF_GROUP
    target = _targets(group[-1] + 1, positives, generator)[group]
    noise = (generator.normal(size=group[-1] + 1)[group] + generator.normal(size=rows)) / np.sqrt(2)
    model = _models(positives)[0]
    sample = _sample(target, positives, group)
    scored = Scored("model", model.scores(noise + model.separation * (target - 0.5)))
    metrics = [OF_TWO_CLASSES[name] for name in ("roc_auc", "brier")]
    for metric, estimate in zip(metrics, sample.estimates(scored, metrics).values(), strict=True):
        truth = _truths(model, _threshold(positives))[metric.name]
        yield sample.rarer_class, (f"limit {metric.name}", metric_bounds(metric, estimate, CONFIDENCE), truth)


def of_repeats(rows: int, positives: float, generator: np.random.Generator) -> Iterator[tuple[int, Bound]]:
    """Vary the candidate's skill from run to run; the truth is its mean, less the champion's."""
    target = _targets(rows, positives, generator)
    champion = _models(positives)[1]
    noise = generator.normal(size=rows)
    runs = [Binormal(positives, champion.separation + SPREAD_OF_RUNS * generator.normal()) for _ in range(REPEATS + 1)]
    first, *repeats = (run.scores(noise + run.separation * (target - 0.5)) for run in runs)
    sides = (
        Scored("candidate", first, tuple(repeats)),
        Scored("champion", champion.scores(_evidence(target, champion, noise, generator))),
    )
    sample = _sample(target, positives)
    area = OF_TWO_CLASSES["roc_auc"]
    candidate, other = (sample.estimates(side, [area])["roc_auc"] for side in sides)
    mean = norm.cdf(champion.separation / np.sqrt(2 + SPREAD_OF_RUNS**2))
    truth = float(mean - norm.cdf(champion.separation / np.sqrt(2)))
    yield (
        sample.rarer_class,
        ("margin roc_auc", difference_bounds(area, candidate.minus(other), CONFIDENCE), truth),
    )


def _targets(rows: int, positives: float, generator: np.random.Generator) -> np.ndarray:
    """Draw targets of both classes."""
    target = (generator.random(rows) < positives).astype(np.int64)
    return target if 2 <= target.sum() <= rows - 2 else _targets(rows, positives, generator)


def _models(positives: float) -> tuple[Binormal, Binormal]:
    return Binormal(positives, SEPARATIONS[0], STRETCH), Binormal(positives, SEPARATIONS[1])


def _evidence(target: np.ndarray, model: Binormal, noise: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    own = generator.normal(size=len(target))
    mixed = CORRELATION * noise + np.sqrt(1 - CORRELATION**2) * own
    return mixed + model.separation * (target - 0.5)


def _sample(target: np.ndarray, positives: float, group: np.ndarray | None = None) -> Sample:
    return Sample(JudgedRows(np.arange(len(target)), target, "cross_fitted", group=group), _threshold(positives))


def _threshold(positives: float) -> float:
    return 0.5 if positives > 0.2 else 0.2


@cache
def _truths(model: Binormal, threshold: float) -> dict[str, float]:
    return model.truths(threshold)
