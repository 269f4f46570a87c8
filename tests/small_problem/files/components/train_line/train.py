"""Train a logistic line with numpy alone, and write it in XGBoost's format: the lightest that the contract allows."""

import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import protocol
from prepared import Prepared

# How many features, from the first on, the model learns from.
FEATURES = 100
PENALTY = 1.0
NEWTON_STEPS = 8
# How long it takes beyond that, for tests that stop it.
SECONDS = 0


class Line:
    """Weights of features and an intercept; what a booster is to the training protocol."""

    def __init__(self, names: list[str], weights: np.ndarray, intercept: float) -> None:
        self.feature_names, self.weights, self.intercept = names, weights, intercept

    def inplace_predict(self, features: np.ndarray, predict_type: str = "value") -> np.ndarray:
        """Return the scores of rows, as a booster does."""
        margins: np.ndarray = np.nan_to_num(features) @ self.weights + self.intercept
        return margins if predict_type == "margin" else 1 / (1 + np.exp(-margins))

    def save_model(self, path: Path) -> None:
        """Write the line as XGBoost writes a linear booster."""
        size = str(len(self.weights))
        model = {"boosted_rounds": 1, "weights": np.r_[self.weights, self.intercept].astype(np.float32)}
        learner = {
            "attributes": {},
            "feature_names": self.feature_names,
            "feature_types": [],
            "gradient_booster": {"model": model, "name": "gblinear"},
            "learner_model_param": {
                "base_score": "5E-1",
                "boost_from_average": "1",
                "num_class": "0",
                "num_feature": size,
                "num_target": "1",
            },
            "objective": {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}},
        }
        path.write_bytes(_ubj({"learner": learner, "version": [3, 2, 0]}))


def _ubj(value: Any) -> bytes:
    """Universal Binary JSON of ``value``; an array of numpy is one of float32."""
    if isinstance(value, dict):
        return b"{" + b"".join(_text(key) + _ubj(one) for key, one in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b"".join(map(_ubj, value)) + b"]"
    if isinstance(value, np.ndarray):
        return b"[$d#L" + struct.pack(">q", len(value)) + value.astype(">f4").tobytes()
    return b"S" + _text(value) if isinstance(value, str) else b"L" + struct.pack(">q", value)


def _text(value: str) -> bytes:
    return b"L" + struct.pack(">q", len(value.encode())) + value.encode()


def parameters(rows: Prepared, given: Mapping[str, float]) -> dict[str, Any]:
    """Return what decides how it fits."""
    return {"features": FEATURES, "penalty": PENALTY, **given}


def fit(rows: Prepared, chosen: np.ndarray, side: str, settings: Mapping[str, Any]) -> Any:
    """Maximise the penalised likelihood by Newton's steps, on features brought to one scale."""
    features = np.nan_to_num(np.asarray(rows.features[chosen], np.float64))
    target = rows.target[chosen].astype(np.float64)
    centre, spread = features.mean(0), features.std(0)
    spread[spread == 0] = 1
    table = np.c_[(features - centre) / spread, np.ones(len(features))]
    table[:, min(settings["features"], features.shape[1]) : -1] = 0
    weights = np.zeros(table.shape[1])
    penalty = np.r_[np.full(features.shape[1], settings["penalty"]), 0]
    for _ in range(NEWTON_STEPS):
        share = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (target - share) - penalty * weights
        bend = (table * (share * (1 - share))[:, None]).T @ table + np.diag(penalty + 1e-9)
        weights += np.linalg.solve(bend, slope)
    of_features = weights[:-1] / spread
    return Line(rows.names, of_features, weights[-1] - of_features @ centre)


if __name__ == "__main__":
    time.sleep(SECONDS)
    protocol.main(__doc__, {}, protocol.step({}, parameters, fit))
