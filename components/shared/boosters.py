"""Import XGBoost as quickly as it can be, and predict with its models."""

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from xgboost import Booster

BATCH_ROWS = 200_000
# What XGBoost imports for the parts alone that it does without where an import fails.
_OF_OPTIONAL_PARTS = ("sklearn", "scipy.special")


class Rows(Protocol):
    """An array, in memory or on disk, of which rows are read by their ascending places."""

    def __getitem__(self, index: np.ndarray, /) -> np.ndarray: ...


def import_xgboost() -> ModuleType:
    """Import XGBoost without the packages of its optional parts, which take longer to import than XGBoost itself."""
    # Threads that wait by spinning slow each other down where other steps share the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    absent = [name for name in _OF_OPTIONAL_PARTS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import xgboost
    finally:
        for name in absent:
            del sys.modules[name]
    return xgboost


def predict(
    booster: "Booster", features: Rows, chosen: np.ndarray, kind: str = "value", dtype: type[np.floating] = np.float64
) -> np.ndarray:
    """Return the scores (before the link for ``margin``) of the rows at index ``chosen``; XGBoost's are float32."""
    scores = np.empty(0, dtype)
    for start in range(0, len(chosen), BATCH_ROWS):
        part = booster.inplace_predict(features[chosen[start : start + BATCH_ROWS]], predict_type=kind)
        if not start:
            scores = np.empty((len(chosen), *part.shape[1:]), dtype)
        scores[start : start + len(part)] = part
    return scores
