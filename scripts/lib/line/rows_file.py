"""Write the judged rows one by one, for who asks for them: else no row of the data leaves the workspace."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.lib.gate.arrays import Floats, Integers
from scripts.lib.gate.judged import JudgedRows


def write_rows(path: Path, rows: JudgedRows, fold: Integers, scores: Mapping[str, Floats]) -> None:
    """Write a CSV file with one line a judged row.

    Its columns: the number of the row in the data, the fold it was withheld in, the target (of classes, the number),
    the columns by which slices are formed, and what each side (candidate, champion) scores, a column a class where
    there are several.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    columns: dict[str, object] = {"row": rows.row, "fold": fold, "target": rows.target, **rows.columns}
    for side, values in scores.items():
        columns |= dict(_scores(side, values, rows))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _scores(side: str, values: Floats, rows: JudgedRows) -> Iterator[tuple[str, Floats]]:
    if values.ndim == 1:
        yield side, values
        return
    for place, name in enumerate(rows.predicted.classes):
        yield f"{side}_{name}", values[:, place]
