"""Open what the prepare step wrote, and refuse by name what nothing can be learned from."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from refusal import Refused

SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Prepared:
    """Rows in content order: ``rows`` (records) and ``features`` (float32, rows x ``names``, on disk).

    ``refit`` says that the rows are few: the model learns from all of them, and is judged out of fold.
    """

    rows: np.ndarray
    features: np.ndarray
    names: list[str]
    eval_size: float
    folds: int
    refit: bool

    @property
    def target(self) -> np.ndarray:
        """The label of each row, 0 or 1."""
        return self.rows["target"]

    def row_ids(self, index: np.ndarray) -> list[str]:
        """Return the stable ids of the rows at ``index``: the key in hex, and ``-n`` for the n-th copy."""
        return [
            f"{key:016x}-{copy}" if copy else f"{key:016x}"
            for key, copy in zip(self.rows["key"][index].tolist(), self.rows["occurrence"][index].tolist(), strict=True)
        ]


def load(folder: Path, target_column: str, eval_size: float) -> Prepared:
    """Return the prepared rows; refuse another target or eval_size, and rows that teach nothing."""
    path = folder / "prepared.json"
    if not path.is_file():
        raise Refused(f"{folder} holds no prepared.json. Give the output prepared_data of the prepare step.")
    description = json.loads(path.read_text(encoding="utf-8"))
    if description["schema_version"] != SCHEMA_VERSION:
        raise Refused(
            f"The data was prepared in format {description['schema_version']}, this step reads "
            f"{SCHEMA_VERSION}. Prepare it anew."
        )
    if description["target_column"] != target_column:
        raise Refused(
            f"The prepared data has the target {description['target_column']}, not {target_column}. "
            "Prepare data with that column, or name the right one."
        )
    if description["eval_size"] != eval_size:
        raise Refused(
            f"eval_size is {eval_size}, but the data was prepared with {description['eval_size']}, which "
            "decided the training rows that transformations were learned from. Give both steps the same."
        )
    rows, features = np.load(folder / "rows.npy"), np.load(folder / "features.npy", mmap_mode="r")
    if (rows["key"][1:] < rows["key"][:-1]).any():
        # Prepared for scoring, in the order of the input.
        order = np.lexsort((rows["target"], rows["key"]))
        rows, features = rows[order], features[order]
    prepared = Prepared(rows, features, description["features"], eval_size, description["folds"], description["refit"])
    _check(prepared)
    return prepared


def _check(prepared: Prepared) -> None:
    held_out = prepared.rows["evaluation"]
    sides = {" on the training side": ~held_out, " on the evaluation side": held_out}
    for side, mask in ({"": held_out | True} if prepared.refit else sides).items():
        count = int(mask.sum())
        if not count:
            raise Refused(f"None of the {len(mask)} rows falls{side}. Give more rows.")
        positives = int(prepared.target[mask].sum())
        if positives in (0, count):
            label = int(positives > 0)
            raise Refused(f"All {count} rows{side} have target {label}. Give rows of both classes.")
    if _constant(prepared.features):
        raise Refused("All features are constant, so there is nothing to learn from.")


def _constant(features: np.ndarray) -> bool:
    step = 100_000
    first = features[:1]
    parts = (features[start : start + step] for start in range(0, len(features), step))
    return all(((part == first) | (np.isnan(part) & np.isnan(first))).all() for part in parts)
