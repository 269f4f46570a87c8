"""Rows to judge and scores for them: in memory, and in files like those of the line's jobs."""

import csv
import json
from pathlib import Path

import numpy as np

from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.metrics import METRICS
from scripts.lib.gate.predictions import Predictions
from scripts.lib.gate.runs import Run

ROOT = Path(__file__).resolve().parents[2]
GATE_FILE = ROOT / "endpoints" / "heart-disease" / "gate.yml"

OF_TWO_CLASSES = METRICS["binary"]


def limits_of(name, task="binary", **limits):
    return MetricLimits(METRICS[task][name], **limits)


def influences(target, score, threshold, names, weight=None, task="binary"):
    """Return the influence of each row on each of the metrics ``names``."""
    weight = np.ones(len(target)) if weight is None else weight
    given = Predictions(target, score, weight, threshold)
    return {name: METRICS[task][name].influence(given) for name in names}


def run_of(deployment="candidate", **changes):
    parts = {
        "content_digest": f"sha256:{deployment}",
        "code_digest": f"code:{deployment}",
        "status": "Completed",
    }
    return Run(deployment, job=f"job-{deployment}", **(parts | changes))


def simulate(rows=303, skill=0.9, seed=0):
    """Draw judged rows with ages and sexes, and scores of a model of that skill (binormal, calibrated)."""
    generator = np.random.default_rng(seed)
    target = (np.arange(rows) % 13 < 6).astype(np.int64)
    evidence = generator.normal(size=rows) + skill * (2 * target - 1)
    columns = {
        "age": generator.integers(35, 75, size=rows).astype(float),
        "sex": (generator.random(rows) < 0.68).astype(float),
    }
    score = 1 / (1 + np.exp(-2 * skill * evidence))
    return JudgedRows(np.arange(rows), target, "cross_fitted", columns), score


def blurred(score, size, seed=1):
    """Add noise on the logit scale, which costs ranking."""
    noise = np.random.default_rng(seed).normal(size=len(score))
    return 1 / (1 + np.exp(-(np.log(score / (1 - score)) + size * noise)))


def write_labels(folder: Path, rows: JudgedRows, folds=5):
    """Write what the withhold step writes; returns the fold of each row."""
    folder.mkdir(parents=True, exist_ok=True)
    fold = (rows.row * 7) % folds
    counts = [{"name": str(number), "withheld_rows": int((fold == number).sum())} for number in range(folds)]
    summary = {"schema_version": 1, "rows": len(rows.row), "protocol": rows.protocol, "folds": counts}
    (folder / "folds.json").write_text(json.dumps(summary), encoding="utf-8")
    columns = {"row": rows.row, "fold": fold, "target": rows.target, **rows.columns}
    if rows.group is not None:
        columns["group"] = rows.group
    write_table(folder / "labels.csv", columns)
    return fold


def write_predictions(folder: Path, fold, score):
    """Write what the scoring step writes, a folder for each fold; returns the folders by number."""
    folders = {}
    for number in np.unique(fold):
        folders[int(number)] = folder / str(number)
        folders[int(number)].mkdir(parents=True, exist_ok=True)
        of_fold = score[fold == number]
        write_table(
            folders[int(number)] / "predictions.csv",
            {"row": range(len(of_fold)), "score": [repr(float(value)) for value in of_fold]},
        )
    return folders


def write_table(file: Path, columns):
    with file.open("w", newline="", encoding="utf-8") as sink:
        writer = csv.writer(sink)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def candidate(score, **more):
    return Scored("candidate", score, **more)


def champion(score, **more):
    return Scored("champion", score, **more)
