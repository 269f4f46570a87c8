"""The metrics the gate knows: their titles, which way is better, and what each may be limited by."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
MetricName = Literal[
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "calibration_slope",
    "calibration_intercept",
]

TITLES: Final[Mapping[MetricName, str]] = {
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
}
LOWER_IS_BETTER: Final[frozenset[MetricName]] = frozenset(("log_loss", "brier"))
NEED_THRESHOLD: Final[frozenset[MetricName]] = frozenset(("accuracy", "precision", "recall", "f1"))
# Best at one value (slope 1, intercept 0) and worse on both sides of it.
CALIBRATION: Final[frozenset[MetricName]] = frozenset(("calibration_slope", "calibration_intercept"))
