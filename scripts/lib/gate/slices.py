"""The rows of a slice, by any column of the data."""

import numpy as np

from scripts.lib.gate.arrays import Array, Booleans
from scripts.lib.gate.judged import JudgedRows
from scripts.lib.gate.refusals import EvaluationRefused
from scripts.lib.gate.slice_rules import Slice


def rows_of(part: Slice, rows: JudgedRows) -> Booleans:
    """Return which rows lie in the slice. Raises EvaluationRefused where its column is not among the rows'."""
    if part.column not in rows.columns:
        raise EvaluationRefused(
            "missing-column", f"The judged rows have no column `{part.column}`, by which gate.yml forms slices."
        )
    column = rows.columns[part.column]
    if part.value is None:
        numbers = _numbers(column)
        inside: Booleans = (numbers >= part.low) & (numbers < part.high)
        return inside
    chosen: Booleans
    if isinstance(part.value, (int, float)):
        chosen = _numbers(column) == part.value
        return chosen
    # Each distinct value is compared once: as texts, millions of cells would take gigabytes.
    import pandas as pd

    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    chosen = (np.asarray(distinct).astype(str) == part.value)[codes]
    return chosen


def _numbers(column: Array) -> Array:
    """Return the column as numbers, NaN for text that is none."""
    if column.dtype.kind in "biuf":
        return column.astype(np.float64)
    import pandas as pd

    return np.asarray(pd.to_numeric(pd.Series(column), errors="coerce"), dtype=np.float64)
