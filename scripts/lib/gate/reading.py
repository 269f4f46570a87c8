"""Read what the line withheld and scored, and refuse, by name, what cannot be judged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from scripts.lib.gate.judged import JudgedRows, Protocol, Scored
from scripts.lib.gate.metrics import Array, Floats, Integers
from scripts.lib.gate.refusals import EvaluationRefused

if TYPE_CHECKING:
    import pandas as pd


def read_judged_rows(
    folder: Path, *, slice_columns: tuple[str, ...] = (), group: str | None = None
) -> tuple[JudgedRows, Integers]:
    """Read `folds.json` and `labels.csv` of ``folder``, the labels that the line withheld.

    Returns the rows in ascending order, and the fold of each. Raises EvaluationRefused when a file or column is
    missing or unreadable, a row is there twice, or there are not two classes.
    """
    folds_file, labels_file = folder / "folds.json", folder / "labels.csv"
    summary = read_json(folds_file)
    protocol: Any = summary.get("protocol")
    if protocol not in get_args(Protocol):
        raise EvaluationRefused("unreadable-file", f"{folds_file}: the protocol {protocol!r} is not known.")
    columns = tuple(dict.fromkeys((*slice_columns, *([group] if group else []))))
    labels = read_table(labels_file, ("row", "fold", "target", *columns), text=(group,) if group else ())
    row = _wholeread_numbers(labels, "row", labels_file)
    order = np.argsort(row, kind="stable")
    labels, row = labels.iloc[order], row[order]
    if (repeated := row[1:] == row[:-1]).any():
        raise EvaluationRefused("duplicate-row", f"{labels_file}: row {row[:-1][repeated][0]} is there twice.")
    withheld = sum(fold["withheld_rows"] for fold in summary.get("folds", []))
    if withheld != len(row):
        raise EvaluationRefused(
            "row-count-disagrees", f"{labels_file} holds {len(row)} rows, but {folds_file.name} says {withheld}."
        )
    rows = JudgedRows(
        row=row,
        target=read_target(labels, labels_file),
        protocol=protocol,
        columns={name: labels[name].to_numpy() for name in slice_columns},
        group=labels[group].factorize(use_na_sentinel=False)[0] if group else None,
    )
    return rows, _wholeread_numbers(labels, "fold", labels_file)


def read_scores(predictions: Mapping[int, Path], fold: Integers) -> Floats:
    """Join the `predictions.csv` of every fold (number to folder) to one score a judged row.

    The n-th prediction of a fold belongs to the n-th judged row of that fold. Raises EvaluationRefused when a fold,
    a row or a number is missing, or there is one too many.
    """
    scores = np.full(len(fold), np.nan)
    for number in np.unique(fold):
        if int(number) not in predictions:
            raise EvaluationRefused("missing-file", f"There are no predictions for fold {number}.")
        file = predictions[int(number)] / "predictions.csv"
        table = read_table(file, ("row", "score"))
        of_fold = fold == number
        if len(table) != np.count_nonzero(of_fold):
            raise EvaluationRefused(
                "row-count-disagrees",
                f"{file} holds {len(table)} predictions for {np.count_nonzero(of_fold)} rows withheld.",
            )
        row = _wholeread_numbers(table, "row", file)
        if (wrong := np.sort(row) != np.arange(len(row))).any():
            repeated = len(np.unique(row)) < len(row)
            raise EvaluationRefused(
                "duplicate-row" if repeated else "missing-row",
                f"{file}: row {int(wrong.argmax())} of the fold is {'there twice or ' if repeated else ''}missing.",
            )
        scores[of_fold] = read_numbers(table, "score")[np.argsort(row)]
    return scores


def check_scores(side: Scored, rows: int) -> None:
    """Raise EvaluationRefused unless every run of ``side`` gives each of ``rows`` rows a probability, not all one."""
    for score in (side.scores, *side.repeats):
        if len(score) != rows:
            raise EvaluationRefused(
                "row-count-disagrees", f"{side.deployment} gives {len(score)} scores for {rows} judged rows."
            )
        check_probabilities(side.deployment, score)
        if (score == score[0]).all():
            raise EvaluationRefused(
                "constant-predictor", f"{side.deployment} gives every row the score {score[0]}; it learned nothing."
            )


def check_probabilities(source: str, score: Floats) -> None:
    """Raise EvaluationRefused unless every score of ``source`` is a number from 0 to 1."""
    if (missing := np.isnan(score)).any():
        raise EvaluationRefused("nan-score", f"{source} gives row {missing.argmax()} no score (NaN).")
    if (outside := (score < 0) | (score > 1)).any():
        row = outside.argmax()
        raise EvaluationRefused("score-out-of-range", f"{source} gives row {row} the score {score[row]}, not 0 to 1.")


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object. Raises EvaluationRefused when it is missing or none."""
    if not file.is_file():
        raise EvaluationRefused("missing-file", f"{file} does not exist.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EvaluationRefused("unreadable-file", f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise EvaluationRefused("unreadable-file", f"{file} holds no JSON object.")
    return content


def read_table(file: Path, columns: tuple[str, ...], text: tuple[str, ...] = ()) -> "pd.DataFrame":
    """Read a CSV file with at least ``columns``, those of ``text`` as text. Raises EvaluationRefused."""
    import pandas as pd

    if not file.is_file():
        raise EvaluationRefused("missing-file", f"{file} does not exist.")
    try:
        table = pd.read_csv(file, dtype=dict.fromkeys(text, str), float_precision="round_trip")
    except ValueError as error:
        raise EvaluationRefused("unreadable-file", f"{file} is no CSV file: {error}") from error
    for column in columns:
        if column not in table:
            raise EvaluationRefused("missing-column", f"{file} has no column `{column}`.")
    if table.empty:
        raise EvaluationRefused("no-rows", f"{file} holds no row.")
    return table


def read_target(table: "pd.DataFrame", file: Path) -> Integers:
    """Return the column `target`. Raises EvaluationRefused unless it is 0 or 1, and two rows have each."""
    target = read_numbers(table, "target")
    if (odd := ~np.isin(target, (0, 1))).any():
        raise EvaluationRefused(
            "bad-target", f"{file}: line {odd.argmax() + 2} has target {target[odd.argmax()]}, not 0 or 1."
        )
    of_class = np.bincount(target.astype(np.int64), minlength=2)
    if of_class.min() < 2:
        raise EvaluationRefused(
            "single-class",
            f"{file} holds {of_class[0]} rows of class 0 and {of_class[1]} of class 1; at least two of each are "
            "needed to judge anything.",
        )
    return target.astype(np.int64)


def read_numbers(table: "pd.DataFrame", column: str) -> Floats:
    """Return a column as numbers, NaN where it holds none."""
    import pandas as pd

    return np.asarray(pd.to_numeric(table[column], errors="coerce"), dtype=np.float64)


def _wholeread_numbers(table: "pd.DataFrame", column: str, file: Path) -> Array:
    numbers = read_numbers(table, column)
    if (odd := ~(numbers == np.round(numbers))).any():
        raise EvaluationRefused(
            "unreadable-file",
            f"{file}: line {odd.argmax() + 2} has {column} {table[column].iloc[odd.argmax()]}, no whole number.",
        )
    return numbers.astype(np.int64)
