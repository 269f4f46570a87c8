"""Read what a candidate reports about itself, its `evaluation_results`: a diagnostic beside the judgement."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import SelfReport
from scripts.lib.gate.metrics import Metric, MetricName
from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.predictions import Predictions
from scripts.lib.gate.reading import read_json, read_numbers, read_table, read_target, read_weight
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.scores import check_predictions

AGREEMENT = 1e-6


def read_self_report(folder: Path, gate: Gate) -> SelfReport:
    """Read the report in ``folder``, which must hold the metrics that ``gate`` compares. Raises EvaluationRefused."""
    return read_report(folder, gate.predicted, gate.available, tuple(gate.self_report))


def read_report(
    folder: Path, predicted: Predicted, available: Mapping[MetricName, Metric], required: Collection[MetricName]
) -> SelfReport:
    """Read `metrics.json` and `predictions.csv` of ``folder``.

    Raises EvaluationRefused when a file or a ``required`` metric is missing or unreadable, or the metrics are not those
    of the predictions beside them.
    """
    metrics_file, predictions_file = folder / "metrics.json", folder / "predictions.csv"
    summary = read_json(metrics_file)
    reported = summary.get("metrics")
    metrics = {name: reported[name] for name in available if name in reported} if isinstance(reported, dict) else {}
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise EvaluationRefused("missing-metric", f"{metrics_file}: {name} is {value!r}, not a number.")
    for name in required:
        if name not in metrics:
            raise EvaluationRefused("missing-metric", f"{metrics_file} reports no {name}.")
    columns = predicted.score_columns
    table = read_table(predictions_file, ("target", *columns), text=("target",))
    target = read_target(table, predicted, predictions_file)
    scores = np.stack([read_numbers(table, name) for name in columns], axis=1)
    scores = scores.reshape(len(target), *predicted.score_shape)
    check_predictions(str(predictions_file), scores, predicted)
    weight = read_weight(table, "weight", predictions_file) if "weight" in table else np.ones(len(target))
    threshold = summary.get("threshold")
    given = Predictions(target, scores, weight, 0.5 if threshold is None else threshold)
    for name, value in metrics.items():
        if predicted.task == "binary" and available[name].bounds == "count" and threshold is None:
            continue
        actual = available[name].influence(given).value
        if not abs(value - actual) <= AGREEMENT * max(1.0, abs(actual)):
            raise EvaluationRefused(
                "metrics-disagree", f"{metrics_file}: {name} is {value}, but the predictions give {actual}."
            )
    return SelfReport(metrics, len(target), target, scores, weight)
