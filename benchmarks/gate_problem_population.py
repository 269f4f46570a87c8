"""The rows of a problem, and what several trainings of the shared XGBoost step predict for them, out of fold."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import JudgedRows
from scripts.lib.line.gates import predicted_by
from scripts.lib.repository.files import ROOT
from scripts.lib.repository.problem import Problem

COMPONENTS = ROOT / "components"
MOST_ROWS, SEEDS = 10_000, 6


@dataclass(frozen=True)
class Population:
    """All rows of a problem and what each of several trainings of the same code predicts for them, out of fold."""

    rows: JudgedRows
    scores: list[np.ndarray]


def population(problem: Problem, gate: Gate) -> Population:
    """Prepare the problem's own data, and train on it."""
    sys.path[:0] = [str(COMPONENTS / "shared"), str(COMPONENTS / "train_xgb")]
    import boosters
    import boosting
    import prepared

    with tempfile.TemporaryDirectory() as place:
        features, records, described = _prepared(problem, Path(place))
    data = prepared.Prepared(
        records, features, described["features"], problem.target, described["task"], described["classes"],
        described["eval_size"], described["folds"], True,
    )  # fmt: skip
    scores = []
    for seed in range(SEEDS):
        settings = {**boosting.parameters(data, {}), "seed": seed}
        score = np.empty((len(records), *gate.predicted.score_shape))
        for fold in np.unique(records["fold"]):
            judged = np.flatnonzero(records["fold"] == fold)
            booster = boosting.fit(data, np.flatnonzero(records["fold"] != fold), f"fold {fold}", settings)
            score[judged] = boosters.predict(booster, features, judged)
        scores.append(score)
    table = _table(problem)
    target = data.target if problem.task == "regression" else data.target.astype(np.int64)
    group = table[gate.judgement.group].factorize()[0] if gate.judgement.group else None
    columns = {name: table[name].to_numpy() for name in gate.slice_columns}
    weight = None if data.weight is None else data.weight.astype(np.float64)
    rows = JudgedRows(np.arange(len(target)), target, "cross_fitted", columns, group, weight, predicted_by(problem))
    return Population(rows, scores)


def _table(problem: Problem) -> pd.DataFrame:
    files = sorted(problem.sample.glob("*.csv")) if problem.sample.is_dir() else [problem.sample]
    return pd.concat([pd.read_csv(file, na_values=list(problem.missing)) for file in files]).head(MOST_ROWS)


def _prepared(problem: Problem, place: Path) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return features, records and description of the rows in their own order, as the prepare step makes them."""
    data = place / "data"
    data.mkdir()
    _table(problem).to_csv(data / "rows.csv", index=False)
    command = [sys.executable, str(COMPONENTS / "prepare" / "prepare.py"), "--data", str(data)]
    command += ["--description", str(problem.description_file)]
    environment = {"PYTHONPATH": str(COMPONENTS / "shared"), "PATH": "/usr/bin:/bin"}
    for name, more in (("learned", []), ("kept", ["--transformations", str(place / "learned" / "transformations")])):
        outputs = ["--prepared-data", str(place / name), "--transformations-output"]
        folder = place / name / "transformations"
        subprocess.run([*command, *more, *outputs, str(folder)], check=True, env=environment, capture_output=True)
    described = json.loads((place / "kept" / "prepared.json").read_text(encoding="utf-8"))
    return np.load(place / "kept" / "features.npy"), np.load(place / "kept" / "rows.npy"), described


def drawn(population: Population, seed: int, number: int) -> tuple[JudgedRows, np.ndarray, np.random.Generator]:
    """Draw as many units (rows, or groups) as there are, with replacement; return the rows and their places."""
    generator = np.random.default_rng([seed, number])
    rows = population.rows
    if rows.group is None:
        places, group = generator.integers(0, len(rows.row), len(rows.row)), None
    else:
        groups = [np.flatnonzero(rows.group == each) for each in np.unique(rows.group)]
        chosen = generator.integers(0, len(groups), len(groups))
        places = np.concatenate([groups[each] for each in chosen])
        group = np.repeat(np.arange(len(chosen)), [len(groups[each]) for each in chosen])
    rows = JudgedRows(
        np.arange(len(places)),
        rows.target[places],
        rows.protocol,
        {name: column[places] for name, column in rows.columns.items()},
        group,
        None if rows.weight is None else rows.weight[places],
        rows.predicted,
    )
    return rows, places, generator
