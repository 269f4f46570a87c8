"""Read what the line withheld and scored, and refuse, by name, what cannot be judged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from scripts.lib.gate.arrays import Array, Floats, Integers
from scripts.lib.gate.judged import JudgedRows, Protocol
from scripts.lib.gate.predicted import BINARY, Predicted
from scripts.lib.gate.refusals import EvaluationRefused

if TYPE_CHECKING:
    import pandas as pd


def read_judged_rows(
    folder: Path,
    predicted: Predicted = BINARY,
    *,
    slice_columns: tuple[str, ...] = (),
    group: str | None = None,
    weight: str | None = None,
) -> tuple[JudgedRows, Integers]:
    """Read `folds.json` and `labels.csv` of ``folder``, the labels that the line withheld.

    Returns the rows in ascending order, and the fold of each. Raises EvaluationRefused when a file or column is
    missing or unreadable, a row is there twice, or the labels are not what is ``predicted``, or all the same.
    """
    folds_file, labels_file = folder / "folds.json", folder / "labels.csv"
    summary = read_json(folds_file)
    protocol: Any = summary.get("protocol")
    if protocol not in get_args(Protocol):
        raise EvaluationRefused(
            "unreadable-file", f"{folds_file}: the protocol {protocol!r} is none of {', '.join(get_args(Protocol))}."
        )
    columns = dict.fromkeys((*slice_columns, *filter(None, (group, weight))))
    labels = read_table(labels_file, ("row", "fold", "target", *columns), text=("target", *filter(None, (group,))))
    row = _whole_numbers(labels, "row", labels_file)
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
        target=read_target(labels, predicted, labels_file),
        protocol=protocol,
        columns={name: labels[name].to_numpy() for name in slice_columns},
        group=labels[group].factorize(use_na_sentinel=False)[0] if group else None,
        weight=read_weight(labels, weight, labels_file) if weight else None,
        predicted=predicted,
    )
    return rows, _whole_numbers(labels, "fold", labels_file)


def read_scores(predictions: Mapping[int, Path], fold: Integers, predicted: Predicted = BINARY) -> Floats:
    """Join the predictions of every fold (number to folder) to one prediction a judged row.

    They are `predictions.parquet` where there is one, else `predictions.csv`.

    The n-th prediction of a fold belongs to the n-th judged row of that fold. Raises EvaluationRefused when a fold,
    a row or a number is missing, or there is one too many.
    """
    columns = predicted.score_columns
    scores = np.full((len(fold), len(columns)), np.nan)
    for number in np.unique(fold):
        if int(number) not in predictions:
            raise EvaluationRefused("missing-file", f"There are no predictions for fold {number}.")
        file = predictions[int(number)] / "predictions.parquet"
        if not file.is_file():
            file = file.with_suffix(".csv")
        table = read_table(file, ("row", *columns))
        of_fold = fold == number
        if len(table) != np.count_nonzero(of_fold):
            raise EvaluationRefused(
                "row-count-disagrees",
                f"{file} holds {len(table)} predictions for {np.count_nonzero(of_fold)} rows withheld.",
            )
        row = _whole_numbers(table, "row", file)
        if (wrong := np.sort(row) != np.arange(len(row))).any():
            repeated = len(np.unique(row)) < len(row)
            raise EvaluationRefused(
                "duplicate-row" if repeated else "missing-row",
                f"{file}: row {int(wrong.argmax())} of the fold is {'there twice or ' if repeated else ''}missing.",
            )
        found = np.stack([read_numbers(table, name) for name in columns], axis=1)
        scores[of_fold] = found[np.argsort(row)]
    return scores.reshape(len(fold), *predicted.score_shape)


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
    """Read a CSV or Parquet file with at least ``columns``, those of ``text`` as text. Raises EvaluationRefused."""
    import pandas as pd

    if not file.is_file():
        raise EvaluationRefused("missing-file", f"{file} does not exist.")
    parquet = file.suffix == ".parquet"
    try:
        if parquet:
            table = pd.read_parquet(file, engine="fastparquet")
        else:
            # A category is kept once, and not in every row that has it.
            table = pd.read_csv(file, dtype=dict.fromkeys(text, "category"), float_precision="round_trip")
    except Exception as error:
        if not parquet and not isinstance(error, ValueError):
            raise
        # A damaged Parquet file shows itself as any error.
        kind = "Parquet" if parquet else "CSV"
        raise EvaluationRefused("unreadable-file", f"{file} is no {kind} file: {error}") from error
    for column in columns:
        if column not in table:
            raise EvaluationRefused("missing-column", f"{file} has no column `{column}`.")
    if table.empty:
        raise EvaluationRefused("no-rows", f"{file} holds no row.")
    return table


def read_target(table: "pd.DataFrame", predicted: Predicted, file: Path) -> Array:
    """Return the column `target` as ``predicted`` stores it. Raises EvaluationRefused where it holds anything else."""
    texts = table["target"].to_numpy()
    target = predicted.encoded(texts)
    if (odd := np.isnan(target)).any():
        wanted = f"none of the classes {', '.join(predicted.classes)}" if predicted.classes else "no number"
        raise EvaluationRefused(
            "bad-target", f"{file}: line {odd.argmax() + 2} has target {texts[odd.argmax()]}, {wanted}."
        )
    if not predicted.classes:
        if (target == target[0]).all():
            raise EvaluationRefused("constant-target", f"{file}: every row has the target {target[0]:g}.")
        return target
    of_class = predicted.of_class(target)
    if np.count_nonzero(of_class >= 2) < 2:
        counts = " and ".join(
            f"{rows} rows of class {name}" for name, rows in zip(predicted.classes, of_class, strict=True)
        )
        raise EvaluationRefused(
            "single-class", f"{file} holds {counts}; at least two rows of two classes are needed to judge anything."
        )
    return target.astype(np.int64)


def read_weight(table: "pd.DataFrame", column: str, file: Path) -> Floats:
    """Return a column of weights. Raises EvaluationRefused unless each is a number above 0."""
    weight = read_numbers(table, column)
    if (odd := ~((weight > 0) & np.isfinite(weight))).any():
        raise EvaluationRefused(
            "bad-weight",
            f"{file}: line {odd.argmax() + 2} has the weight {table[column].iloc[odd.argmax()]}, no number above 0.",
        )
    return weight


def read_numbers(table: "pd.DataFrame", column: str) -> Floats:
    """Return a column as numbers, NaN where it holds none."""
    import pandas as pd

    return np.asarray(pd.to_numeric(table[column], errors="coerce"), dtype=np.float64)


def _whole_numbers(table: "pd.DataFrame", column: str, file: Path) -> Array:
    numbers = read_numbers(table, column)
    if (odd := ~(numbers == np.round(numbers))).any():
        raise EvaluationRefused(
            "unreadable-file",
            f"{file}: line {odd.argmax() + 2} has {column} {table[column].iloc[odd.argmax()]}, no whole number.",
        )
    return numbers.astype(np.int64)
