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

    ``refit`` says that the rows are few: the model learns from all of them, and is judged out of fold. ``classes`` are
    the names of the target's classes, none for regression; of two the second is the positive one.
    """

    rows: np.ndarray
    features: np.ndarray
    names: list[str]
    target_column: str
    task: str
    classes: list[str]
    eval_size: float
    folds: int
    refit: bool

    @property
    def target(self) -> np.ndarray:
        """The label of each row: the place of its class in ``classes``, or the number to predict."""
        return self.rows["target"]

    @property
    def weight(self) -> np.ndarray | None:
        """How much each row counts; None where all count the same."""
        return self.rows["weight"] if "weight" in (self.rows.dtype.names or ()) else None

    @property
    def score_columns(self) -> list[str]:
        """The columns that hold what is predicted for a row."""
        if self.task == "multiclass":
            return [f"score_{name}" for name in self.classes]
        return ["score"] if self.task == "binary" else ["prediction"]

    def label_texts(self, index: np.ndarray) -> list[str]:
        """Return the labels of the rows at ``index`` as the data writes them."""
        target = self.target[index]
        if not self.classes:
            return [repr(value) for value in target.tolist()]
        return [self.classes[place] for place in target.astype(np.int64).tolist()]

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
    copied = {key: description[key] for key in ("target_column", "task", "classes", "folds", "refit")}
    prepared = Prepared(rows, features, description["features"], eval_size=eval_size, **copied)
    _check(prepared)
    return prepared


def _check(prepared: Prepared) -> None:
    held_out = prepared.rows["evaluation"]
    sides = {" on the training side": ~held_out, " on the evaluation side": held_out}
    for side, mask in ({"": held_out | True} if prepared.refit else sides).items():
        index = np.flatnonzero(mask)
        if not len(index):
            raise Refused(f"None of the {len(mask)} rows falls{side}. Give more rows.")
        if (prepared.target[index] == prepared.target[index[0]]).all():
            label = prepared.label_texts(index[:1])[0]
            wanted = "rows of both classes" if prepared.task == "binary" else "rows that differ in it"
            raise Refused(f"All {len(index)} rows{side} have target {label}. Give {wanted}.")
    if _constant(prepared.features):
        raise Refused("All features are constant, so there is nothing to learn from.")


def _constant(features: np.ndarray) -> bool:
    step = 100_000
    first = features[:1]
    parts = (features[start : start + step] for start in range(0, len(features), step))
    return all(((part == first) | (np.isnan(part) & np.isnan(first))).all() for part in parts)
