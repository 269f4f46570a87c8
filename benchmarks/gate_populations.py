"""Three unlike populations, and the scores that a champion and another training of the same code give to their rows.

Patients like Cleveland's are drawn from the data, their numbers jittered, their labels from a logistic regression, and
scored by XGBoost out of fold. The others are two normal distributions, whose models differ by noise on the logit scale.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from benchmarks.gate_binormal import Binormal
from scripts.lib.gate.config import Gate, load_gate
from scripts.lib.gate.judged import JudgedRows
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.slice_rules import Slice, SliceRules
from scripts.lib.repository.files import gate_file
from scripts.lib.repository.problem import find_problem

ROOT = Path(__file__).resolve().parents[1]
PROBLEM = find_problem("heart-disease")
SHIPPED = load_gate(gate_file(PROBLEM.name))
REAL = ROOT.parent / "shared" / "data" / "uci-heart-disease" / "processed.cleveland.data"
SAMPLE = PROBLEM.sample
FEATURES = tuple(field.name for field in PROBLEM.features)
CONTINUOUS = tuple(field.name for field in PROBLEM.features if field.type == "number")
CATEGORICAL = tuple(field.name for field in PROBLEM.features if field.kind == "category" and len(field.categories) > 2)
OTHERS = tuple(name for name in FEATURES if name not in (*CONTINUOUS, *CATEGORICAL))
THAL = {"normal": 3, "fixed": 6, "reversible": 7}
ROUNDS, SHARE = 60, 0.8
SETTINGS = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.1, "subsample": 0.8, "nthread": 1}


@dataclass(frozen=True)
class DataSet:
    """Judged rows, the scores of models of equal skill by name, and standard normal noise, shape (rows,)."""

    rows: JudgedRows
    scores: dict[str, np.ndarray]
    noise: np.ndarray


class Cleveland:
    """Patients like Cleveland's, 303 at a time, judged by the shipped gate."""

    name = "like the UCI Cleveland data, 303 rows, 46 % positive, XGBoost in five folds"
    gate = SHIPPED

    def __init__(self) -> None:
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        self.patients = _read_patients(REAL if REAL.is_file() else SAMPLE)
        encode = make_column_transformer(
            (StandardScaler(), [*CONTINUOUS, *OTHERS]), (OneHotEncoder(), list(CATEGORICAL))
        )
        self.risk = make_pipeline(encode, LogisticRegression(max_iter=1000))
        self.risk.fit(self.patients[list(FEATURES)], self.patients["target"])

    def draw(self, generator: np.random.Generator, size: int = 303) -> DataSet:
        """Draw new patients, and train each model on them."""
        frame = self.patients.sample(size, replace=True, random_state=generator).reset_index(drop=True)
        for name in CONTINUOUS:
            jitter = generator.normal(scale=0.2 * self.patients[name].std(), size=size)
            frame[name] = (frame[name] + jitter).clip(lower=self.patients[name].min()).round(1)
        for name in CATEGORICAL:
            other = self.patients[name].sample(size, replace=True, random_state=generator).to_numpy()
            frame[name] = np.where(generator.random(size) < 0.05, other, frame[name])
        features = frame[list(FEATURES)]
        target = (generator.random(size) < self.risk.predict_proba(features)[:, 1]).astype(np.int64)
        fold = generator.integers(self.gate.judgement.folds, size=size)
        first, second = (int(seed) for seed in generator.integers(2**31, size=2))
        matrix = features.to_numpy(np.float32)
        scores = {
            "champion": _out_of_fold(matrix, target, fold, first),
            "another seed": _out_of_fold(matrix, target, fold, second),
            f"champion on its own {SHARE:.0%} of the rows": _out_of_fold(matrix, target, fold, first, SHARE),
            f"another {SHARE:.0%} of the rows": _out_of_fold(matrix, target, fold, second, SHARE),
        }
        columns = {"sex": frame["sex"].to_numpy(), "age": frame["age"].to_numpy()}
        rows = JudgedRows(np.arange(size), target, "cross_fitted", columns)
        return DataSet(rows, scores, generator.normal(size=size))


@dataclass(frozen=True)
class Simulated:
    """Rows of two normal distributions; ``levels`` rounds the scores to so many values, ``training`` is their noise."""

    name: str
    gate: Gate
    model: Binormal
    size: int
    levels: int | None = None
    training: float = 0.3

    def draw(self, generator: np.random.Generator) -> DataSet:
        """Draw new rows and the scores of two trainings."""
        target = (generator.random(self.size) < self.model.positives).astype(np.int64)
        evidence = generator.normal(size=self.size) + self.model.separation * (target - 0.5)
        score = self.model.scores(evidence)
        scores = {
            name: self.rounded(blurred(score, generator.normal(size=self.size), self.training))
            for name in ("champion", "another seed")
        }
        columns = {"region": generator.choice(np.array(["north", "south"]), self.size)}
        rows = JudgedRows(np.arange(self.size), target, "cross_fitted", columns)
        return DataSet(rows, scores, generator.normal(size=self.size))

    def rounded(self, score: np.ndarray) -> np.ndarray:
        """Return the scores at the middle of their level."""
        if self.levels is None:
            return score
        return (np.floor(score * self.levels).clip(0, self.levels - 1) + 0.5) / self.levels


@cache
def populations() -> tuple[Cleveland, Simulated, Simulated]:
    """Return the three populations, each with its gate."""
    regions = tuple(Slice(f"region.{name}", name, "region", value=name) for name in ("north", "south"))
    slices = SliceRules(40, 20, (_limits("roc_auc", floor=0.55, margin=0.10),), regions)
    rare = replace(
        SHIPPED,
        threshold=0.1,
        slices=slices,
        metrics=(
            _limits("roc_auc", floor=0.80, margin=0.03),
            _limits("average_precision", floor=0.25),
            _limits("brier", keep=0.80),
            _limits("recall", floor=0.55),
        ),
    )
    weak = replace(
        SHIPPED,
        slices=slices,
        metrics=(
            _limits("roc_auc", floor=0.62, margin=0.03),
            _limits("brier", ceiling=0.24, margin=0.01),
            _limits("log_loss", ceiling=0.68),
        ),
    )
    return (
        Cleveland(),
        Simulated("5 % positive, 4,000 rows", rare, Binormal(0.05, 1.8), 4000),
        Simulated("weak signal, scores of 12 values, 2,000 rows, 40 % positive", weak, Binormal(0.40, 0.75), 2000, 12),
    )


def _limits(name: str, **limits: float) -> MetricLimits:
    return MetricLimits(METRICS["binary"][name], **limits)


def blurred(score: np.ndarray, noise: np.ndarray, size: float) -> np.ndarray:
    """Add noise on the logit scale, which costs ranking."""
    return expit(logit(np.clip(score, 1e-6, 1 - 1e-6)) + size * noise)


def overconfident(score: np.ndarray, _: np.ndarray, size: float) -> np.ndarray:
    """Stretch on the logit scale, which costs calibration and no ranking."""
    return expit(logit(np.clip(score, 1e-6, 1 - 1e-6)) * (1 + size))


def _read_patients(path: Path) -> pd.DataFrame:
    """Read a UCI `processed.*.data` file or a CSV file with a header; missing values become the mode."""
    header = None if path.suffix == ".data" else 0
    frame = pd.read_csv(path, header=header, names=[*FEATURES, "target"], na_values="?")
    frame["thal"] = pd.to_numeric(frame["thal"].map(lambda value: THAL.get(value, value)))
    frame["target"] = (frame["target"] > 0).astype(int)
    return frame.fillna(frame.mode().iloc[0]).astype(float)


def _out_of_fold(
    features: np.ndarray, target: np.ndarray, fold: np.ndarray, seed: int, share: float = 1.0
) -> np.ndarray:
    """Return every row's score from a model that did not see its fold, trained on a ``share`` of the others."""
    import xgboost

    score = np.empty(len(target))
    kept = np.random.default_rng(seed).random(len(target)) < share
    for number in np.unique(fold):
        judged, train = fold == number, (fold != number) & kept
        matrix = xgboost.DMatrix(features[train], label=target[train], nthread=1)
        booster = xgboost.train(SETTINGS | {"seed": seed}, matrix, ROUNDS)
        score[judged] = booster.inplace_predict(features[judged])
    return score
