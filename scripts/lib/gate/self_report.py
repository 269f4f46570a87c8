"""Read what a candidate reports about itself, its `evaluation_results`: a diagnostic beside the judgement."""

import math
from collections.abc import Mapping
from pathlib import Path

from scripts.lib.gate.influence import influences
from scripts.lib.gate.judged import SelfReport
from scripts.lib.gate.metrics import LOWER_IS_BETTER, NEED_THRESHOLD, TITLES, Floats, Integers, MetricName
from scripts.lib.gate.reading import check_probabilities, read_json, read_numbers, read_table, read_target
from scripts.lib.gate.refusals import EvaluationRefused

AGREEMENT = 1e-6


def read_self_report(folder: Path) -> SelfReport:
    """Read `metrics.json` and `predictions.csv` of ``folder``.

    Raises EvaluationRefused when a file or metric is missing or unreadable, or the metrics are not those of the
    predictions beside them.
    """
    metrics_file, predictions_file = folder / "metrics.json", folder / "predictions.csv"
    summary = read_json(metrics_file)
    reported = summary.get("metrics")
    metrics = {name: reported[name] for name in TITLES if name in reported} if isinstance(reported, dict) else {}
    for name, value in metrics.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise EvaluationRefused("missing-metric", f"{metrics_file}: {name} is {value!r}, not a number.")
    for name in ("roc_auc", *LOWER_IS_BETTER):
        if name not in metrics:
            raise EvaluationRefused("missing-metric", f"{metrics_file} reports no {name}.")
    table = read_table(predictions_file, ("target", "score"))
    target, scores = read_target(table, predictions_file), read_numbers(table, "score")
    check_probabilities(str(predictions_file), scores)
    threshold = summary.get("threshold")
    _check_agreement(metrics, target, scores, threshold, metrics_file)
    return SelfReport(metrics, len(target), target, scores)


def _check_agreement(
    metrics: Mapping[MetricName, float], target: Integers, scores: Floats, threshold: float | None, file: Path
) -> None:
    names = [name for name in metrics if threshold is not None or name not in NEED_THRESHOLD]
    actual = influences(target, scores, threshold or 0.5, names)
    for name in names:
        if not abs(metrics[name] - actual[name].value) <= AGREEMENT:
            raise EvaluationRefused(
                "metrics-disagree", f"{file}: {name} is {metrics[name]}, but the predictions give {actual[name].value}."
            )
