"""Write ``evaluation_results``: metrics.json, predictions.csv and curves.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import judging
import numpy as np
from curves import curves
from prepared import Prepared

SCHEMA_VERSION = 2
WRITE_ROWS = 100_000


def write(
    folder: Path,
    data: Prepared,
    judged: np.ndarray,
    folds: np.ndarray,
    scores: np.ndarray,
    more: Mapping[str, Any],
) -> dict[str, float]:
    """Write the three files for the rows at index ``judged``, their fold and score; return the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    target = data.target[judged]
    weight = None if data.weight is None else data.weight[judged]
    metrics = judging.metrics(data.task, target, scores, weight)
    content = {
        "schema_version": SCHEMA_VERSION,
        "task": data.task,
        "classes": data.classes,
        "rows": len(data.rows),
        "eval_rows": len(judged),
        "metrics": metrics,
        "eval_size": data.eval_size,
        **({"positive_share": float(np.mean(data.target)), "threshold": judging.THRESHOLD} if _binary(data) else {}),
        **more,
    }
    _dump(folder / "metrics.json", content)
    _dump(folder / "curves.json", curves(data.task, data.classes, target, scores))
    _write_predictions(folder / "predictions.csv", data, judged, folds, scores)
    return metrics


def _binary(data: Prepared) -> bool:
    return data.task == "binary"


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _write_predictions(path: Path, data: Prepared, judged: np.ndarray, folds: np.ndarray, scores: np.ndarray) -> None:
    """Write one line a judged row, sorted by row id."""
    columns = ["row_id", "target", *data.score_columns, "fold", *(["weight"] if data.weight is not None else [])]
    written = f"{{:.{judging.DECIMALS}f}}".format if data.classes else "{:.9g}".format
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(map(_cell, columns)) + "\n")
        for start in range(0, len(judged), WRITE_ROWS):
            part = slice(start, start + WRITE_ROWS)
            by_column = scores[part].reshape(len(scores[part]), -1).T.tolist()
            labels = data.label_texts(judged[part])
            written_labels = {text: _cell(text) for text in set(labels)}
            cells = [
                data.row_ids(judged[part]),
                map(written_labels.__getitem__, labels),
                *(map(written, column) for column in by_column),
                map(str, folds[part].tolist()),
            ]
            if data.weight is not None:
                cells.append(map(repr, data.weight[judged[part]].astype(float).tolist()))
            file.write("\n".join(map(",".join, zip(*cells, strict=True))) + "\n")


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
