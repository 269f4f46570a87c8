"""Train a baseline on the spot, out of fold, to have an idea of which floors a gate can ask for."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

_FOLDS = 5
_ROWS = 20_000
_SEED = 4


@dataclass(frozen=True)
class Measured:
    """A metric of the baseline: its value, its standard error, and the value of a constant score."""

    value: float
    error: float
    constant: float
    higher_is_better: bool

    @property
    def advantage(self) -> float:
        """By how much the baseline is better than a constant score; below 0 when it is worse."""
        return (self.value - self.constant) * (1 if self.higher_is_better else -1)


def measure(table: "pd.DataFrame", problem: Problem) -> dict[str, Measured]:
    """Return the metrics of a baseline (histogram gradient boosting) on rows that it has not seen.

    ``table`` holds the rows as they are read for the expectations; of more than 20,000 so many are drawn.
    """
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    rows = table.sample(min(_ROWS, len(table)), random_state=_SEED)
    features = _features(rows, problem)
    groups = rows[problem.group].astype(str) if problem.group else None
    settings: dict[str, Any] = {"max_iter": 60, "max_depth": 3, "random_state": _SEED}
    if problem.task == "regression":
        target: Any = rows[problem.target].astype(float).to_numpy()
        model, method = HistGradientBoostingRegressor(**settings), "predict"
        split: Any = KFold(_FOLDS, shuffle=True, random_state=_SEED)
    else:
        texts = [f"{value:g}" if isinstance(value, (int, float)) else str(value) for value in rows[problem.target]]
        target = np.array([problem.classes.index(text) for text in texts])
        model, method = HistGradientBoostingClassifier(**settings), "predict_proba"
        split = StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED)
    if groups is not None:
        split = GroupKFold(_FOLDS)
    # On so few rows threads mostly wait for each other: of a thousand columns two take ten times as long as one.
    with threadpool_limits(1):
        predicted = cross_val_predict(model, features, target, groups=groups, cv=split, method=method)
    return _measured(problem.task, target, predicted)


def _features(rows: "pd.DataFrame", problem: Problem) -> "pd.DataFrame":
    import pandas as pd

    columns = {}
    for field in problem.features:
        column = rows[field.name]
        if field.kind == "date":
            columns[field.name] = pd.to_datetime(column, format="ISO8601").astype("int64") / 8.64e13
        elif field.is_text:
            columns[field.name] = column.astype("category").cat.codes.astype(float)
        else:
            columns[field.name] = column.astype(float)
    features: pd.DataFrame = pd.DataFrame(columns)
    return features


def _measured(task: str, target: Any, predicted: Any) -> dict[str, Measured]:
    import numpy as np
    from sklearn import metrics

    count = len(target)
    if task == "regression":
        errors = np.abs(target - predicted)
        constant = np.abs(target - np.median(target)).mean()
        squares = (target - predicted) ** 2
        rmse = math.sqrt(squares.mean())
        return {
            "mae": Measured(errors.mean(), errors.std() / math.sqrt(count), constant, False),
            "rmse": Measured(rmse, squares.std() / math.sqrt(count) / (2 * rmse), target.std(), False),
        }
    shares = np.bincount(target) / count
    clipped = np.clip(predicted, 1e-6, 1)
    losses = -np.log(clipped[np.arange(count), target])
    loss = Measured(losses.mean(), losses.std() / math.sqrt(count), float(-(shares * np.log(shares)).sum()), False)
    if task == "multiclass":
        right = predicted.argmax(axis=1) == target
        return {
            "accuracy": Measured(right.mean(), right.std() / math.sqrt(count), float(shares.max()), True),
            "log_loss": loss,
        }
    area = float(metrics.roc_auc_score(target, predicted[:, 1]))
    rare = min(np.bincount(target))
    squares = (predicted[:, 1] - target) ** 2
    return {
        "roc_auc": Measured(area, math.sqrt(max(area * (1 - area), 0.02) / rare), 0.5, True),
        "brier": Measured(squares.mean(), squares.std() / math.sqrt(count), float(shares[0] * shares[1]), False),
    }


def weaker(first: dict[str, Measured], second: dict[str, Measured]) -> dict[str, Measured]:
    """Return, metric by metric, the one that beats a constant score by less."""
    return {name: min(first[name], second[name], key=lambda given: given.advantage) for name in first}
