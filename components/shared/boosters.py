"""Import XGBoost as quickly as it can be, and predict with its models."""

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from xgboost import Booster

BATCH_ROWS = 200_000


def import_xgboost() -> ModuleType:
    """Import XGBoost without scikit-learn, an optional part that takes most of the import's time."""
    # Threads that wait by spinning slow each other down where other steps share the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    absent = "sklearn" not in sys.modules
    if absent:
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import xgboost
    finally:
        if absent:
            del sys.modules["sklearn"]
    return xgboost


def predict(booster: "Booster", features: np.ndarray, chosen: np.ndarray, kind: str = "value") -> np.ndarray:
    """Return the scores (before the link for ``margin``) of the rows at index ``chosen``, float64."""
    parts = [
        booster.inplace_predict(features[chosen[start : start + BATCH_ROWS]], predict_type=kind)
        for start in range(0, len(chosen), BATCH_ROWS)
    ]
    return np.concatenate(parts).astype(np.float64)
