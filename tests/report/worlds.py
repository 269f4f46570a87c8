"""Reports of every outcome, made by the gate, the evidence and the validation as the line makes them."""

import dataclasses
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd

from scripts.lib.data.distributions import distributions
from scripts.lib.evidence.document import build_evidence
from scripts.lib.evidence.parts import DataAsset, Split
from scripts.lib.gate.config import load_gate
from scripts.lib.gate.evaluate import evaluate
from scripts.lib.gate.judged import JudgedRows, Scored
from scripts.lib.gate.predicted import Predicted
from scripts.lib.report.curves import binary_curves, multiclass_curves, regression_curves
from scripts.lib.report.data_section import ChampionData, data_section
from scripts.lib.report.document import SCHEMA_VERSION, Document, Stage
from scripts.lib.report.judgement import judged
from scripts.lib.report.judgement_document import Entry, Job, Step
from tests.evidence.samples import digest_of, side
from tests.gate.samples import GATE_FILE, ROOT, blurred, simulate

NOW = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
GATE = load_gate(GATE_FILE)
CANDIDATE, CHAMPION = "onehot-24fa65cd2d", "ordinal-2e54bf3f1c"
COLUMNS = ("age", "sex", "cp", "thalach", "oldpeak")


def judge(rows, ours, theirs, gate, curves, gains=None, delivered=None):
    """Judge a candidate and, where it has scores, a champion, and return the section on it."""
    champion = None if theirs is None else Scored(CHAMPION, theirs)
    verdict = evaluate(rows, Scored(CANDIDATE, ours), champion, gate, delivered=delivered)
    evidence = build_evidence(
        verdict,
        gate,
        endpoint="heart-disease",
        candidate=side(CANDIDATE),
        champion=None if champion is None else side(CHAMPION),
        data=DataAsset("heart-disease-train", "b23d5a3ed7e4", digest_of("data")),
        split=Split("withhold-1", 5, digest_of("split")),
        environment="azureml:training:d315327153",
        git_commit="a" * 40,
        now=NOW,
    )
    sides = {"candidate": ours} | ({} if theirs is None else {"champion": theirs})
    drawn = {label: curves(rows.target, scores) for label, scores in sides.items()}
    return judged(evidence, drawn, {label: (gains or {}).get(label, {}) for label in sides}, COLUMNS, jobs(), "onehot")


def binary(rows=303, skill=1.0, blur=0.15, first=False, **changes):
    """Judge a candidate that ranks worse than the champion by ``blur``."""
    judged_rows, best = simulate(rows, skill)
    gains = {
        "candidate": {"age": 30.0, "cp_1": 20.0, "cp_4": 25.0, "thalach": 21.5, "oldpeak": 40.2, "sex_1": 11.0},
        "champion": {"age": 24.0, "cp": 51.0, "thalach": 30.5, "oldpeak": 31.2, "sex": 14.0},
    }
    section = judge(
        judged_rows,
        blurred(best, blur),
        None if first else best,
        GATE,
        lambda target, scores: binary_curves(target, scores, GATE.threshold),
        gains,
        Scored(CANDIDATE, best),
    )
    return dataclasses.replace(section, **changes)


def jobs():
    """Return the jobs of a candidate on two folds, and its scoring."""

    def job(purpose, place, begin, seconds, state="completed", reused=False):
        steps = (
            Step("prepare_job", "reused" if reused else state, None if reused else 1.2),
            Step("train_job", state, seconds - 1.5, "https://example.org/log"),
        )
        started = (NOW + timedelta(seconds=begin)).isoformat()
        return Job(
            "candidate", purpose, f"0080be98-2d14-48fb-987d-e1a268a585a{place}", state, started, seconds, "", steps
        )

    return (job("on all rows", 0, 0, 2.2, reused=True), job("without fold 0", 1, 0.4, 7.8), job("scoring", 2, 8.6, 4.4))


def data(findings=(), champion=True, rows=303):
    """Return the section of the data, with what the champion's data was like."""

    def drawn(seed, shift):
        generator = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                "age": np.round(generator.normal(54 + shift, 9, rows)),
                "sex": generator.integers(0, 2, rows).astype(float),
                "cp": generator.choice([1.0, 2.0, 3.0, 4.0], rows, p=[0.1, 0.2, 0.3, 0.4]),
                "thalach": np.round(generator.normal(150, 20, rows)),
                "oldpeak": np.round(np.abs(generator.normal(0, 1.5, rows)), 1),
                "thal": generator.choice(["normal", "fixed", "reversible"], rows),
            }
        )
        frame.loc[3:7, "thal"] = None
        return frame

    def validated(frame, seed):
        return {
            "data": "data/sample: 1 file, 303 rows (synthetic, of no real patient)",
            "synthetic": True,
            "digest": f"{seed:064x}",
            "rows": rows,
            "rules": 87,
            "findings": list(findings),
            "distributions": [each.as_result() for each in distributions(frame)],
        }

    now, before = drawn(1, 0), drawn(2, 4)
    apart = {"age": 0.31, "cp": 0.07, "thal": 0.02}
    theirs = ChampionData("heart-disease-train:1", distributions(before), apart) if champion else None
    return data_section(validated(now, 1), "heart-disease-train:b23d5a3ed7e4", theirs)


def document(result, headline, judgements, kind="release", default=CANDIDATE, before=CHAMPION, section=None):
    """Return a report of these judgements."""
    return Document(
        schema_version=SCHEMA_VERSION,
        kind=kind,
        created="2024-05-01T12:00:30Z",
        endpoint="heart-disease",
        result=result,
        headline=headline,
        default_before=before,
        default=default,
        judgements=tuple(judgements),
        data=section or data(),
        stages=(
            Stage("Validate the data", 2.1, "303 rows accepted"),
            Stage("Invoke and judge onehot", 15.4, "gate: pass"),
        ),
        places=(Entry("Evidence", "out/heart-disease/onehot/evidence.json"), Entry("Model", "out/heart-disease/model")),
        commands=(
            Entry("Score new rows", "python -m scripts.score --endpoint heart-disease --data new.csv"),
            Entry(
                "Return to the default before",
                ".venv/bin/python -m scripts.rollback_default --endpoint a-long-name-of-an-endpoint --json",
            ),
        ),
    )


def multiclass():
    """Judge three classes."""
    generator = np.random.default_rng(5)
    predicted = Predicted("multiclass", ("setosa", "versicolor", "virginica"))
    target = generator.integers(0, 3, 400)
    logits = generator.normal(size=(2, 400, 3)) + 3.2 * np.eye(3)[target]
    scores = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    rows = JudgedRows(np.arange(400), target, "cross_fitted", predicted=predicted)
    gate = load_gate(ROOT / "endpoints" / "wine" / "gate.yml", predicted)
    return judge(rows, *scores, gate, lambda target, score: multiclass_curves(target, score, predicted.classes))


def regression():
    """Judge predictions of a number."""
    generator = np.random.default_rng(6)
    target = generator.gamma(4, 40, 500)
    ours, theirs = (target * 0.9 + 15 + generator.normal(0, noise, 500) for noise in (25, 32))
    columns = {"age": generator.uniform(20, 80, 500), "sex": generator.integers(1, 3, 500).astype(float)}
    predicted = Predicted("regression")
    rows = JudgedRows(np.arange(500), target, "cross_fitted", columns, predicted=predicted)
    gate = load_gate(ROOT / "endpoints" / "diabetes" / "gate.yml", predicted)
    return judge(rows, ours, theirs, gate, regression_curves)
