"""Patients like the data's, in any number, and the models that the simulation of the gate compares.

A patient is a row drawn from the data, its numbers jittered and, at times, a category taken from another
row; the label is drawn anew from a logistic regression fitted to the data. So every simulated data set is new
to the model, and no label leaks from a copy of a row.
"""

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data" / "uci-heart-disease" / "processed.cleveland.data"
SAMPLE = ROOT / "data" / "sample" / "heart_synthetic.csv"
FEATURES = (
    *("age", "sex", "cp", "trestbps", "chol", "fbs", "restecg"),
    *("thalach", "exang", "oldpeak", "slope", "ca", "thal"),
)
CONTINUOUS = ("age", "trestbps", "chol", "thalach", "oldpeak")
CATEGORICAL = ("cp", "restecg", "slope", "thal")
OTHERS = ("sex", "fbs", "exang", "ca")
THAL = {"normal": 3, "fixed": 6, "reversible": 7}
FOLDS = 10
EVAL_SIZE = 0.3


def default_data() -> Path:
    """Return the real Cleveland file where it is present, the synthetic sample otherwise."""
    return REAL if REAL.is_file() else SAMPLE


def read_patients(path: Path) -> pd.DataFrame:
    """Read a UCI `processed.*.data` file or a CSV file with a header; missing values become the mode."""
    header = None if path.suffix == ".data" else 0
    frame = pd.read_csv(path, header=header, names=[*FEATURES, "target"], na_values="?")
    frame["thal"] = pd.to_numeric(frame["thal"].map(lambda value: THAL.get(value, value)))
    frame["target"] = (frame["target"] > 0).astype(int)
    return frame.fillna(frame.mode().iloc[0]).astype(float)


class Population:
    """The patients that data sets are drawn from."""

    def __init__(self, path: Path) -> None:
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        self.patients = read_patients(path)
        encode = make_column_transformer(
            (StandardScaler(), [*CONTINUOUS, *OTHERS]), (OneHotEncoder(), list(CATEGORICAL))
        )
        self.risk = make_pipeline(encode, LogisticRegression(max_iter=1000))
        self.risk.fit(self.patients[list(FEATURES)], self.patients["target"])

    def draw(self, rows: int, generator: np.random.Generator) -> pd.DataFrame:
        """Return ``rows`` new patients with their targets."""
        frame = self.patients.sample(rows, replace=True, random_state=generator).reset_index(drop=True)
        for name in CONTINUOUS:
            jitter = generator.normal(scale=0.2 * self.patients[name].std(), size=rows)
            frame[name] = (frame[name] + jitter).clip(lower=self.patients[name].min()).round(1)
        for name in CATEGORICAL:
            other = self.patients[name].sample(rows, replace=True, random_state=generator).to_numpy()
            frame[name] = np.where(generator.random(rows) < 0.05, other, frame[name])
        risk = self.risk.predict_proba(frame[list(FEATURES)])[:, 1]
        frame["target"] = (generator.random(rows) < risk).astype(float)
        return frame


def encoded(frame: pd.DataFrame, *, onehot: bool = False) -> np.ndarray:
    """Return the features, (rows, features): trees need codes in order, or one column a category."""
    features = frame[list(FEATURES)]
    if onehot:
        features = pd.get_dummies(features, columns=list(CATEGORICAL))
    return features.to_numpy(np.float32)


@cache
def component() -> ModuleType:
    """Import the train component's own model, so that the simulation is about what is shipped."""
    sys.path.insert(0, str(ROOT / "components" / "train_xgb"))
    import boosting

    return boosting


def fit_predict(
    features: np.ndarray, target: np.ndarray, train: np.ndarray, judged: np.ndarray, seed: int
) -> np.ndarray:
    """Train the component's model on the rows ``train`` (index) and return the scores of ``judged``."""
    boosting = component()
    from prepared import Prepared

    rows = np.array(list(zip(target.astype(np.int8))), dtype=[("target", "i1")])
    data = Prepared(rows, features, [f"f{i}" for i in range(features.shape[1])], EVAL_SIZE, FOLDS)
    boosting.COMMON["seed"] = seed
    return boosting.predict(boosting.fit(data, train, "the simulation"), data, judged)


def out_of_fold(
    features: np.ndarray, target: np.ndarray, fold: np.ndarray, seed: int, share: float = 1.0
) -> np.ndarray:
    """Return every row's score from a model that did not see its fold, trained on a ``share`` of the others."""
    score = np.empty(len(target))
    kept = np.random.default_rng(seed).random(len(target)) < share
    for number in np.unique(fold):
        judged = np.flatnonzero(fold == number)
        score[judged] = fit_predict(features, target, np.flatnonzero((fold != number) & kept), judged, seed)
    return score


def article_recipe(
    features: np.ndarray, target: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Train as the article's sample does: unseeded 70/30 split, XGBoost's defaults, positives weighed by 99.

    Returns the targets and scores of the rows it held out.
    """
    import xgboost

    order = generator.permutation(len(target))
    judged, train = np.split(order, [round(len(order) * EVAL_SIZE)])
    settings = {"objective": "binary:logistic", "scale_pos_weight": 99, "nthread": 1}
    matrix = xgboost.DMatrix(features[train], label=target[train], nthread=1)
    booster = xgboost.train(settings, matrix, 100)
    return target[judged], booster.inplace_predict(features[judged]).astype(float)
