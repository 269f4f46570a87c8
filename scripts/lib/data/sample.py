"""Make synthetic rows that look like given ones column by column, so that the line runs without any real data.

Each column is drawn on its own, given the class of the target (of a number: its fifth), from rounded frequencies. No
row of the original is among the rows made. Only ``random.Random`` is used: its streams are the same everywhere.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib.data.canonical import header
from scripts.lib.repository.problem import Field, Problem

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_ROWS = 300
SAMPLE_SEED = 4
_KNOTS = 21
_DIGITS = 2
_FIFTHS = 5

# How one column is drawn in one class: the share missing, then texts with weights, or ascending numbers.
Column = tuple[float, Sequence[str], Sequence[float], Sequence[float], int]


def synthetic_rows(table: "pd.DataFrame", problem: Problem, rows: int, seed: int) -> Iterator[str]:
    """Yield the lines of a canonical CSV of ``rows`` synthetic rows that look like ``table``; same seed, same lines."""
    draw = random.Random(seed)
    parts = _parts(table, problem)
    original = {_line(values, problem) for values in table.to_dict("records")}
    shares = [len(part) for part in parts]
    columns = [[_column(part, field) for field in problem.fields] for part in parts]
    groups = _groups(table, problem, rows)
    yield header(problem)
    made = 0
    while made < rows:
        (chosen,) = draw.choices(columns, shares)
        cells = [_cell(draw, column) for column in chosen]
        if problem.group:
            cells[problem.columns.index(problem.group)] = f"s{draw.randrange(groups)}"
        line = ",".join(map(_quoted, cells))
        if line not in original:
            made += 1
            yield line


def _parts(table: "pd.DataFrame", problem: Problem) -> list["pd.DataFrame"]:
    import pandas as pd

    target = table[problem.target]
    by = pd.qcut(target, _FIFTHS, duplicates="drop") if problem.task == "regression" else target
    return [part for _, part in table.groupby(by, observed=True)]


def _groups(table: "pd.DataFrame", problem: Problem, rows: int) -> int:
    """Return how many groups so many rows have, when their size is that of the original's."""
    return max(1, round(rows * table[problem.group].nunique() / len(table))) if problem.group else 0


def _column(part: "pd.DataFrame", field: Field) -> Column:
    import numpy as np

    column = part[field.name]
    present = column.dropna()
    missing = round(1 - len(present) / len(column), _DIGITS)
    if len(present) == 0:
        return 1.0, (), (), (), 0
    if field.is_text or field.categories or field.kind == "category":
        shares = present.value_counts(normalize=True).sort_index()
        weights = [max(round(float(share), _DIGITS), 0.01) for share in shares]
        return missing, [_text(value) for value in shares.index], weights, (), 0
    knots = np.quantile(present.astype(float), np.linspace(0.02, 0.98, _KNOTS))
    return missing, (), (), [float(knot) for knot in knots], _decimals(present, field)


def _decimals(present: "pd.Series", field: Field) -> int:
    """Return how many decimals most values are written with."""
    if field.type in ("integer", "year"):
        return 0
    import numpy as np

    written = [len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in present.head(1000).tolist()]
    return int(np.quantile(written, 0.9))


def _cell(draw: random.Random, column: Column) -> str:
    missing, texts, weights, knots, decimals = column
    if draw.random() < missing:
        return ""
    if texts:
        return draw.choices(texts, weights)[0]
    place = draw.random() * (len(knots) - 1)
    below = int(place)
    value = knots[below] + (place - below) * (knots[below + 1] - knots[below])
    return f"{value:.{decimals}f}"


def _line(values: Mapping[Any, Any], problem: Problem) -> str:
    return ",".join(_quoted(_text(values[column])) for column in problem.columns)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""')) if set(text) & set(',"\n') else text
