"""Write ``evaluation_results``: metrics.json, predictions.csv and curves.json."""

import json
from pathlib import Path
from typing import Any

import judging
import numpy as np
from prepared import Prepared

SCHEMA_VERSION = 1
WRITE_ROWS = 100_000
COLUMNS = ("row_id", "target", "score", "fold")


def write(
    folder: Path,
    data: Prepared,
    judged: np.ndarray,
    folds: np.ndarray,
    scores: np.ndarray,
    facts: dict[str, Any],
) -> dict[str, float]:
    """Write the three files for the rows at index ``judged``, their fold and score; return the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    target = data.target[judged]
    metrics = judging.metrics(target, scores)
    content = {
        "schema_version": SCHEMA_VERSION,
        "rows": len(data.rows),
        "eval_rows": len(judged),
        "positive_share": float(np.mean(data.target)),
        "metrics": metrics,
        "threshold": judging.THRESHOLD,
        "eval_size": data.eval_size,
        **facts,
    }
    _dump(folder / "metrics.json", content)
    _dump(folder / "curves.json", judging.curves(target, scores))
    _write_predictions(folder / "predictions.csv", data, judged, folds, scores)
    return metrics


def _dump(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _write_predictions(path: Path, data: Prepared, judged: np.ndarray, folds: np.ndarray, scores: np.ndarray) -> None:
    """Write one line a judged row, sorted by row id."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(COLUMNS) + "\n")
        for start in range(0, len(judged), WRITE_ROWS):
            part = slice(start, start + WRITE_ROWS)
            rows = data.rows[judged[part]]
            lines = zip(
                data.row_ids(judged[part]),
                rows["target"].tolist(),
                scores[part].tolist(),
                folds[part].tolist(),
                strict=True,
            )
            file.writelines(f"{i},{t},{s:.{judging.DECIMALS}f},{f}\n" for i, t, s, f in lines)
