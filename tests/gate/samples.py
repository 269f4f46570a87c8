"""Evaluations to judge: arrays in memory, and `evaluation_results` folders like the train component's."""

import csv
import json
from pathlib import Path

import numpy as np

from scripts.lib.gate.metrics import point_metrics
from scripts.lib.gate.reading import Evaluation, Run

ROOT = Path(__file__).resolve().parents[2]
GATE_FILE = ROOT / "endpoints" / "uci-classifier-train" / "gate.yml"


def run_of(deployment="candidate", **changes):
    facts = {
        "content_digest": f"sha256:{deployment}",
        "code_digest": f"code:{deployment}",
        "status": "Completed",
    }
    return Run(deployment, job=f"job-{deployment}", **(facts | changes))


def simulate(rows=303, skill=0.9, seed=0):
    """Draw targets, scores of a model of that skill (binormal), ages and sexes."""
    generator = np.random.default_rng(seed)
    target = (np.arange(rows) % 13 < 6).astype(np.int64)
    score = 1 / (1 + np.exp(-(generator.normal(size=rows) + skill * (2 * target - 1))))
    age = generator.integers(35, 75, size=rows).astype(float)
    sex = (generator.random(rows) < 0.68).astype(float)
    return target, score, age, sex


def evaluation_of(target, score, age, sex, deployment="candidate", protocol="out_of_fold", **run):
    return Evaluation(
        run=run_of(deployment, **run),
        protocol=protocol,
        row_ids=np.array([f"{row:08x}" for row in range(len(target))]),
        target=target,
        score=score,
        age=age,
        sex=sex,
        reported=point_metrics(target, score, 0.5),
    )


def write_results(folder: Path, evaluation: Evaluation) -> Path:
    """Write what the train component would have written for ``evaluation``."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = {
        "schema_version": 1,
        "rows": len(evaluation.target),
        "eval_rows": len(evaluation.target),
        "positive_share": float(evaluation.target.mean()),
        "metrics": dict(evaluation.reported),
        "threshold": 0.5,
        "protocol": evaluation.protocol,
        "target_column": "target",
        "eval_size": 0.3,
    }
    (folder / "metrics.json").write_text(json.dumps(summary), encoding="utf-8")
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row_id", "target", "score", "fold", "age", "sex"])
        columns = (evaluation.row_ids, evaluation.target, evaluation.score, evaluation.age, evaluation.sex)
        for row_id, target, score, age, sex in zip(*columns, strict=True):
            writer.writerow([row_id, target, repr(float(score)), 0, age, sex])
    return folder
