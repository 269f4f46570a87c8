"""Read what a candidate reports about itself, its `evaluation_results`: a diagnostic beside the judgement."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scripts.lib.gate.arrays import Array, Floats
from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import SelfReport
from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.predictions import Predictions
from scripts.lib.gate.reading import read_json, read_numbers, read_table, read_target, read_weight
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.scores import check_predictions

AGREEMENT = 1e-6


def read_self_report(folder: Path, gate: Gate) -> SelfReport:
    """Read `metrics.json` and `predictions.csv` of ``folder``.

    Raises EvaluationRefused when a file, or a metric that the gate compares, is missing or unreadable, or the metrics
    are not those of the predictions beside them.
    """
    metrics_file, predictions_file = folder / "metrics.json", folder / "predictions.csv"
    summary = read_json(metrics_file)
    reported = summary.get("metrics")
    metrics = {name: reported[name] for name in gate.known if name in reported} if isinstance(reported, dict) else {}
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise EvaluationRefused("missing-metric", f"{metrics_file}: {name} is {value!r}, not a number.")
    for name in gate.self_report:
        if name not in metrics:
            raise EvaluationRefused("missing-metric", f"{metrics_file} reports no {name}.")
    columns = gate.predicted.score_columns
    table = read_table(predictions_file, ("target", *columns), text=("target",))
    target = read_target(table, gate.predicted, predictions_file)
    scores = np.stack([read_numbers(table, name) for name in columns], axis=1)
    scores = scores.reshape(len(target), *gate.predicted.score_shape)
    check_predictions(str(predictions_file), scores, gate.predicted)
    weight = read_weight(table, "weight", predictions_file) if "weight" in table else np.ones(len(target))
    _check_agreement(metrics, target, scores, weight, summary.get("threshold"), gate, metrics_file)
    return SelfReport(metrics, len(target), target, scores, weight)


def _check_agreement(
    metrics: Mapping[MetricName, float],
    target: Array,
    scores: Floats,
    weight: Floats,
    threshold: float | None,
    gate: Gate,
    file: Path,
) -> None:
    """Refuse metrics that the predictions do not give; those at a threshold only where it is reported."""
    given = Predictions(target, scores, weight, 0.5 if threshold is None else threshold)
    for name, value in metrics.items():
        if gate.predicted.task == "binary" and gate.known[name].bounds == "count" and threshold is None:
            continue
        actual = gate.known[name].influence(given).value
        if not abs(value - actual) <= AGREEMENT * max(1.0, abs(actual)):
            raise EvaluationRefused(
                "metrics-disagree", f"{file}: {name} is {value}, but the predictions give {actual}."
            )
