"""Read a train component's `evaluation_results` folder and refuse, by name, what cannot be judged."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scripts.lib.gate.metrics import NEED_THRESHOLD, TITLES, Floats, Integers, MetricName, point_metrics
from scripts.lib.gate.refusals import EvaluationRefused

if TYPE_CHECKING:
    import pandas as pd

AGREEMENT = 1e-6


@dataclass(frozen=True)
class ReusedStep:
    """A step whose output came from an earlier job; ``code_digest`` is that of the code which that job ran, or None."""

    step: str
    source_job: str
    code_digest: str | None = None


@dataclass(frozen=True)
class Run:
    """One invocation of a deployment: its job, how the job ended, and which steps it reused."""

    deployment: str
    content_digest: str
    code_digest: str
    job: str
    status: str
    reused: tuple[ReusedStep, ...] = ()
    training_step: str = "train"


@dataclass(frozen=True)
class Evaluation:
    """A run's judged rows, sorted by row id; every array has shape (rows,).

    ``target`` is 0 or 1, ``score`` the probability of 1, ``age`` (years) and ``sex`` (code) are raw values,
    NaN where missing. ``reported`` holds the metrics as the component wrote them.
    """

    run: Run
    protocol: str
    row_ids: npt.NDArray[np.str_]
    target: Integers
    score: Floats
    age: Floats
    sex: Floats
    reported: Mapping[MetricName, float]


def read_evaluation(folder: Path, run: Run) -> Evaluation:
    """Read `metrics.json` and `predictions.csv` of ``folder``, the output of ``run``.

    Raises EvaluationRefused when the job did not complete, a file, metric or column is missing or unreadable,
    a score or target is impossible, a row appears twice, the hold-out holds one class, the model predicts
    a constant, or the metrics reported are not those of the predictions.
    """
    if run.status != "Completed":
        raise EvaluationRefused(
            "job-failed",
            f"The job {run.job} of {run.deployment} ended as {run.status}, so there is nothing to judge. "
            "Read its logs, correct it and evaluate again.",
        )
    metrics_file, predictions_file = folder / "metrics.json", folder / "predictions.csv"
    for file in (metrics_file, predictions_file):
        if not file.is_file():
            raise EvaluationRefused("missing-file", f"{run.deployment}: {file} does not exist.")
    summary = _read_summary(metrics_file)
    evaluation = _checked(_read_rows(predictions_file), predictions_file, summary, run)
    _check_reported(evaluation, float(summary.get("threshold", math.nan)), metrics_file)
    return evaluation


def _read_summary(file: Path) -> dict[str, Any]:
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
        metrics, protocol = summary["metrics"], summary["protocol"]
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluationRefused("unreadable-file", f"{file} is not the metrics file: {error!r}.") from error
    if protocol not in ("out_of_fold", "hold_out"):
        raise EvaluationRefused("unreadable-file", f"{file}: protocol is {protocol!r}, not out_of_fold or hold_out.")
    for name in TITLES:
        value = metrics.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise EvaluationRefused("missing-metric", f"{file}: {name} is {value!r}, not a number.")
    return dict(summary)


def _read_rows(file: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        rows = pd.read_csv(file, dtype={"row_id": str}, float_precision="round_trip")
    except ValueError as error:
        raise EvaluationRefused("unreadable-file", f"{file} is no CSV file of predictions: {error}") from error
    for column in ("row_id", "target", "score", "age", "sex"):
        if column not in rows:
            raise EvaluationRefused("missing-column", f"{file} has no column `{column}`.")
    if rows.empty:
        raise EvaluationRefused("no-rows", f"{file} holds no row.")
    for column in ("target", "score", "age", "sex"):
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype("float64")
    in_order: pd.DataFrame = rows.sort_values("row_id", ignore_index=True)
    return in_order


def _checked(rows: "pd.DataFrame", file: Path, summary: Mapping[str, Any], run: Run) -> Evaluation:
    ids = rows["row_id"]
    repeated = ids[ids.duplicated() | ids.isna()]
    if len(repeated):
        raise EvaluationRefused(
            "duplicate-row", f"{file}: the row id {repeated.iloc[0]} is missing or appears more than once."
        )
    score, target = rows["score"].to_numpy(), rows["target"].to_numpy()
    if (missing := np.isnan(score)).any():
        raise EvaluationRefused("nan-score", f"{file}: row {ids[missing.argmax()]} has no score (NaN).")
    if (outside := (score < 0) | (score > 1)).any():
        row = outside.argmax()
        raise EvaluationRefused(
            "score-out-of-range", f"{file}: row {ids[row]} has the score {score[row]}, outside 0 to 1."
        )
    if (odd := ~np.isin(target, (0, 1))).any():
        row = odd.argmax()
        raise EvaluationRefused("bad-target", f"{file}: row {ids[row]} has target {target[row]}, not 0 or 1.")
    classes = np.bincount(target.astype(np.int64), minlength=2)
    if classes.min() < 2:
        raise EvaluationRefused(
            "single-class",
            f"{file} holds {classes[0]} rows of class 0 and {classes[1]} of class 1; at least two of each "
            "are needed to judge anything.",
        )
    if (score == score[0]).all():
        raise EvaluationRefused(
            "constant-predictor",
            f"{run.deployment} gives every row the score {score[0]}; it learned nothing.",
        )
    return Evaluation(
        run=run,
        protocol=summary["protocol"],
        row_ids=ids.to_numpy(),
        target=target.astype(np.int64),
        score=score,
        age=rows["age"].to_numpy(),
        sex=rows["sex"].to_numpy(),
        reported={name: float(summary["metrics"][name]) for name in TITLES},
    )


def _check_reported(evaluation: Evaluation, threshold: float, file: Path) -> None:
    """Refuse metrics that are not those of the predictions beside them."""
    given = not math.isnan(threshold)
    actual = point_metrics(evaluation.target, evaluation.score, threshold if given else 0.5)
    for name, value in evaluation.reported.items():
        if (given or name not in NEED_THRESHOLD) and abs(value - actual[name]) > AGREEMENT:
            raise EvaluationRefused(
                "metrics-disagree", f"{file}: {name} is {value}, but the predictions give {actual[name]}."
            )
