"""Open what the prepare step wrote, and refuse by name what nothing can be learned from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ranks import ALONE, Ranks
from refusal import Refused
from stored import READ_ROWS, Stored

SCHEMA_VERSION = 2
IDENTITY = ("key", "occurrence")


@dataclass(frozen=True)
class Prepared:
    """Rows in content order: ``rows`` (records, but for who they are) and ``features`` (float32, rows x ``names``).

    ``features`` and ``identity`` (who they are) are on disk. ``ranks`` are the processes that have a part each of all
    rows; alone, this one has them all. ``refit`` says that the rows are few: the model learns from all of them, and is
    judged out of fold. ``classes`` are the names of the target's classes, none for regression; of two the second is
    the positive one.
    """

    rows: np.ndarray
    features: Stored | np.ndarray
    identity: Stored | np.ndarray
    names: list[str]
    target_column: str
    task: str
    classes: list[str]
    eval_size: float
    folds: int
    refit: bool
    ranks: Ranks = ALONE

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
        found = self.identity[index]
        return [
            f"{key:016x}-{copy}" if copy else f"{key:016x}"
            for key, copy in zip(found["key"].tolist(), found["occurrence"].tolist(), strict=True)
        ]


def describe(folder: Path, target_column: str, eval_size: float) -> dict[str, Any]:
    """Return what prepared.json says; refuse another target or eval_size."""
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
    return dict(description)


def part_of(folder: Path, description: Mapping[str, Any], ranks: Ranks) -> Prepared:
    """Return the rows that are this process's part."""
    parts = description.get("parts")
    places = [folder / f"part-{part:05d}" for part in range(parts)] if parts else [folder]
    records = [place / "rows.npy" for place in places]
    spans = ranks.spread(int(description["rows"]))
    identity = Stored(records, spans)
    # Many rows are judged on one side, and have no use for folds.
    unread = {*IDENTITY} if description["refit"] else {*IDENTITY, "fold"}
    rows = identity.fields([name for name in identity.dtype.names or () if name not in unread])
    features: Stored | np.ndarray = Stored([place / "features.npy" for place in places], spans)
    who: Stored | np.ndarray = identity
    if not _ordered(identity):
        # Prepared for scoring, in the order of the input.
        who = identity.fields(IDENTITY)
        order = np.lexsort((rows["target"], who["key"]))
        rows, features, who = rows[order], features[:][order], who[order]
    copied = {key: description[key] for key in ("target_column", "task", "classes", "eval_size", "folds", "refit")}
    return Prepared(rows, features, who, description["features"], ranks=ranks, **copied)


def _ordered(identity: Stored) -> bool:
    """Tell whether the rows are in the order of their keys."""
    last = np.uint64(0)
    for start in range(0, len(identity), READ_ROWS):
        keys = identity[start : start + READ_ROWS]["key"]
        if keys[0] < last or (keys[1:] < keys[:-1]).any():
            return False
        last = keys[-1]
    return True


def places(mask: np.ndarray) -> np.ndarray:
    """Return the places where ``mask`` is true, ascending, in half of the memory where that holds them."""
    return np.flatnonzero(mask).astype(np.uint32 if len(mask) <= np.iinfo(np.uint32).max else np.intp)


def check(prepared: Prepared) -> None:
    """Refuse rows that teach nothing."""
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


def _constant(features: Stored | np.ndarray) -> bool:
    first = features[:1]
    parts = (features[start : start + READ_ROWS] for start in range(0, len(features), READ_ROWS))
    return all(((part == first) | (np.isnan(part) & np.isnan(first))).all() for part in parts)
