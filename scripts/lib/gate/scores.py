"""Refuse, by name, predictions that cannot be judged: no numbers, no probabilities, or the same for every row."""

import numpy as np

from scripts.lib.gate.arrays import Floats
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.predicted import Predicted
from scripts.lib.gate.refusals import EvaluationRefused

# Probabilities are written as float32, whose rounding errors add up over the classes.
SUM_TOLERANCE = 1e-4


def check_scores(side: Scored, rows: int, predicted: Predicted) -> None:
    """Raise EvaluationRefused unless every run of ``side`` predicts each of ``rows`` rows, not all the same."""
    for scores in (side.scores, *side.repeats):
        if len(scores) != rows:
            raise EvaluationRefused(
                "row-count-disagrees", f"{side.deployment} gives {len(scores)} scores for {rows} judged rows."
            )
        check_predictions(side.deployment, scores, predicted)
        if (scores == scores[0]).all():
            raise EvaluationRefused(
                "constant-predictor", f"{side.deployment} gives every row the score {scores[0]}; it learned nothing."
            )


def check_predictions(source: str, scores: Floats, predicted: Predicted) -> None:
    """Raise EvaluationRefused unless ``source`` gives every row a number, or a probability of each class."""
    by_row = scores.reshape(len(scores), -1)
    if (missing := np.isnan(by_row).any(axis=1)).any():
        raise EvaluationRefused("nan-score", f"{source} gives row {missing.argmax()} no score (NaN).")
    low, high = (0.0, 1.0) if predicted.classes else (-np.finfo(np.float64).max, np.finfo(np.float64).max)
    if (outside := ((by_row < low) | (by_row > high)).any(axis=1)).any():
        row, allowed = int(outside.argmax()), "0 to 1" if predicted.classes else "a finite number"
        raise EvaluationRefused(
            "score-out-of-range", f"{source} gives row {row} the score {scores[row]}, not {allowed}."
        )
    if predicted.task == "multiclass" and (odd := np.abs(by_row.sum(axis=1) - 1) > SUM_TOLERANCE).any():
        row = int(odd.argmax())
        raise EvaluationRefused(
            "score-out-of-range",
            f"{source} gives the classes of row {row} scores that add up to {by_row[row].sum():g}, not 1.",
        )
