"""The metrics that a gate may limit, by task: one entry says all that the rest of the gate knows of a metric."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from scripts.lib.gate import calibration, class_metrics, number_metrics
from scripts.lib.gate.influence import Influence
from scripts.lib.gate.predicted import Task
from scripts.lib.gate.predictions import Predictions

MetricName = str
# `exact`: best at one value and worse on both sides of it.
Better = Literal["higher", "lower", "exact"]
# Which bounds hold; scripts/lib/gate/bounds.py has them.
BoundsOf = Literal["count", "macro_count", "ranking", "mean", "mean_of_numbers", "root", "plain"]
Compute = Callable[[Predictions], Influence]


@dataclass(frozen=True)
class Metric:
    """One metric: its ``domain`` holds every value that it can have, ``no_information`` that of a constant score."""

    name: MetricName
    title: str
    better: Better
    domain: tuple[float, float]
    bounds: BoundsOf
    influence: Compute
    no_information: Compute | None = None

    @property
    def lower_is_better(self) -> bool:
        """Whether a smaller value is a better one."""
        return self.better == "lower"

    @property
    def can_compare(self) -> bool:
        """Whether one value can be better than another."""
        return self.better != "exact"


_SHARE, _LOSS, _ANY = (0.0, 1.0), (0.0, math.inf), (-math.inf, math.inf)


def _named(*metrics: Metric) -> Mapping[MetricName, Metric]:
    return {metric.name: metric for metric in metrics}


_CLASS = class_metrics
METRICS: Final[Mapping[Task, Mapping[MetricName, Metric]]] = {
    "binary": _named(
        Metric("roc_auc", "ROC AUC", "higher", _SHARE, "ranking", _CLASS.roc_auc, _CLASS.no_roc_auc),
        Metric(
            "average_precision",
            "Average precision",
            "higher",
            _SHARE,
            "ranking",
            _CLASS.average_precision,
            _CLASS.no_average_precision,
        ),
        Metric("log_loss", "Log loss", "lower", _LOSS, "mean", _CLASS.log_loss, _CLASS.no_log_loss),
        Metric("brier", "Brier score", "lower", _SHARE, "mean", _CLASS.brier, _CLASS.no_brier),
        Metric("accuracy", "Accuracy", "higher", _SHARE, "count", _CLASS.accuracy),
        Metric("precision", "Precision", "higher", _SHARE, "count", _CLASS.precision),
        Metric("recall", "Recall", "higher", _SHARE, "count", _CLASS.recall),
        Metric("f1", "F1", "higher", _SHARE, "count", _CLASS.f1),
        Metric("calibration_slope", "Calibration slope", "exact", _ANY, "plain", calibration.calibration_slope),
        Metric(
            "calibration_intercept", "Calibration intercept", "exact", _ANY, "plain", calibration.calibration_intercept
        ),
    ),
    "multiclass": _named(
        Metric(
            "macro_roc_auc",
            "ROC AUC, one class against the rest",
            "higher",
            _SHARE,
            "ranking",
            _CLASS.macro_roc_auc,
            _CLASS.no_roc_auc,
        ),
        Metric("log_loss", "Log loss", "lower", _LOSS, "mean", _CLASS.log_loss, _CLASS.no_log_loss),
        Metric("brier", "Brier score", "lower", (0.0, 2.0), "mean", _CLASS.brier, _CLASS.no_brier),
        Metric("accuracy", "Accuracy", "higher", _SHARE, "count", _CLASS.accuracy),
        Metric(
            "macro_precision", "Precision, mean of classes", "higher", _SHARE, "macro_count", _CLASS.macro_precision
        ),
        Metric("macro_recall", "Recall, mean of classes", "higher", _SHARE, "macro_count", _CLASS.macro_recall),
        Metric("macro_f1", "F1, mean of classes", "higher", _SHARE, "macro_count", _CLASS.macro_f1),
    ),
    "regression": _named(
        Metric("rmse", "Root mean squared error", "lower", _LOSS, "root", number_metrics.rmse, number_metrics.no_rmse),
        Metric(
            "mae", "Mean absolute error", "lower", _LOSS, "mean_of_numbers", number_metrics.mae, number_metrics.no_mae
        ),
        Metric(
            "median_absolute_error",
            "Median absolute error",
            "lower",
            _LOSS,
            "plain",
            number_metrics.median_absolute_error,
        ),
        Metric("r2", "R²", "higher", (-math.inf, 1.0), "mean_of_numbers", number_metrics.r2, number_metrics.no_r2),
        Metric(
            "mean_bias", "Mean of prediction less target", "exact", _ANY, "mean_of_numbers", number_metrics.mean_bias
        ),
    ),
}
