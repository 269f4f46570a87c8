"""Fit scikit-learn's histogram gradient boosting to some of the rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import conversion
import numpy as np
from prepared import Prepared
from refusal import Refused

if TYPE_CHECKING:
    from xgboost import Booster

SEED = 20231116
# Hundreds of rows overfit anything bolder.
SMALL = {"max_iter": 100, "learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 10, "l2_regularization": 3.0}
LARGE = {"max_iter": 100, "learning_rate": 0.1, "max_leaf_nodes": 31, "min_samples_leaf": 50, "l2_regularization": 1.0}
LARGE_THREADS = 2
# How many rows are held back is not for the model to decide: they are judged.
COMMON = {"early_stopping": False, "random_state": SEED}


def parameters(data: Prepared, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return scikit-learn's parameters for ``data``: those that are ``given``, else what suits its size."""
    return {**COMMON, **(SMALL if data.refit else LARGE), **given}


def fit(data: Prepared, chosen: np.ndarray, side: str, settings: Mapping[str, Any]) -> "Booster":
    """Return a model of the rows at index ``chosen``, in XGBoost's format; refuse a missing class, naming the side."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    target = data.target[chosen]
    if missing := [name for place, name in enumerate(data.classes) if not (target == place).any()]:
        raise Refused(f"The {len(chosen)} training rows of {side} lack the class {missing[0]}. Give more rows.")
    weight = None if data.weight is None else data.weight[chosen].astype(np.float64)
    kind = HistGradientBoostingClassifier if data.classes else HistGradientBoostingRegressor
    # Few rows take less time than threads that wait for each other; many need a number that is the same everywhere.
    with threadpool_limits(1 if data.refit else LARGE_THREADS, "openmp"):
        model = kind(**settings).fit(data.features[chosen], target, sample_weight=weight)
    return conversion.booster(model, data.task, data.names, len(data.classes))
