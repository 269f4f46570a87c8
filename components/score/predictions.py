"""Predict with a booster, refuse scores that say nothing, and write them with digests of what made them."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from boosters import import_xgboost
from inputs import Features
from reasons import ScoreRefused

if TYPE_CHECKING:
    from xgboost import Booster

SCHEMA_VERSION = 1
BATCH_ROWS = 200_000
# More rows than these are written as Parquet, which takes a fraction of the time and place.
PARQUET_ROWS = 1_000_000
# Fewer rows take less time than it takes to start threads.
THREADED_ROWS = 20_000


def predict(booster: "Booster", features: Features) -> np.ndarray:
    """Return the booster's scores as float32, rows x scores; refuse scores that are no numbers or all the same."""
    rows = len(features.values)
    if rows <= THREADED_ROWS:
        booster.set_param({"nthread": 1})
    parts = [_batch(booster, features, start) for start in range(0, rows, BATCH_ROWS)]
    scores = np.concatenate(parts)
    if scores.shape[1] != len(features.score_columns):
        raise ScoreRefused(
            "score-count-disagrees",
            f"The model gives {scores.shape[1]} score(s) a row, and {', '.join(features.score_columns)} are needed.",
        )
    if strange := int((~np.isfinite(scores)).any(axis=1).sum()):
        raise ScoreRefused("non-finite-scores", f"The scores of {strange} of {rows} rows are not finite numbers.")
    if (scores == scores[0]).all() and features.differ():
        raise ScoreRefused("constant-scores", f"The model gives each of {rows} unlike rows the score {scores[0, 0]}.")
    return scores


def write(
    folder: Path,
    scores: np.ndarray,
    ids: tuple[str, list[str]] | None,
    made_by: Mapping[str, str],
    features: Features,
) -> None:
    """Write ``predictions.csv``, or of many rows ``predictions.parquet``, and ``scoring.json``.

    ``ids`` are the name and the cells of a column to carry along, ``made_by`` the digests of model and transformations.
    """
    names = ["row", *([ids[0]] if ids else []), *features.score_columns]
    path = folder / ("predictions.parquet" if len(scores) > PARQUET_ROWS else "predictions.csv")
    if path.suffix == ".parquet":
        _write_parquet(path, names, scores, ids)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows(_lines(scores, ids))
    content = {
        "schema_version": SCHEMA_VERSION,
        "rows": len(scores),
        **made_by,
        "features_digest": features.digest,
        "predictions_digest": "sha256:" + _sha256(path),
        "features": features.names,
        "xgboost_version": import_xgboost().__version__,
    }
    (folder / "scoring.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _write_parquet(path: Path, names: list[str], scores: np.ndarray, ids: tuple[str, list[str]] | None) -> None:
    import pandas as pd
    from fastparquet import write

    columns = [np.arange(len(scores)), *([ids[1]] if ids else []), *scores.T]
    write(str(path), pd.DataFrame(dict(zip(names, columns, strict=True))), row_group_offsets=PARQUET_ROWS)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _batch(booster: "Booster", features: Features, start: int) -> np.ndarray:
    xgboost = import_xgboost()
    values = np.ascontiguousarray(features.values[start : start + BATCH_ROWS])
    try:
        if b'"gblinear"' in booster.save_config().encode():
            scores = booster.predict(xgboost.DMatrix(values, feature_names=features.names))
        else:
            scores = booster.inplace_predict(values)
    except xgboost.core.XGBoostError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ScoreRefused("model-not-loadable", f"XGBoost cannot apply the model: {reason}") from error
    if scores.shape[:1] != (len(values),) or scores.ndim > 2:
        raise ScoreRefused(
            "row-count-disagrees", f"The model gives scores of shape {scores.shape} to {len(values)} rows."
        )
    return scores.reshape(len(values), -1).astype(np.float32)


def _lines(scores: np.ndarray, ids: tuple[str, list[str]] | None) -> Iterator[list[str]]:
    """Yield the cells of each row; a score in the fewest digits that read back as the same float32."""
    for start in range(0, len(scores), BATCH_ROWS):
        for place, texts in enumerate(scores[start : start + BATCH_ROWS].astype("U").tolist(), start):
            yield [str(place), *([ids[1][place]] if ids else []), *texts]
