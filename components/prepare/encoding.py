"""Learn how categories become numbers, from the rows that the model learns from, and apply it.

Numbers pass as they are. A category becomes 1..n in its order (``ordinal``) or n columns of 0 and 1
(``onehot``). A category that the training rows lack is 0, or 0 in all its columns; a missing value stays
missing (NaN), which XGBoost sends down the branch it has learned for it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from description import ENCODINGS, Columns
from refusal import Refused

FILE = "transformations.json"
SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Transformations:
    """What was learned of the columns: the encoding, the split it was learned under, the ordered categories."""

    categorical_encoding: str
    eval_size: float
    categories: dict[str, list[str]]
    columns: Columns

    @property
    def features(self) -> list[str]:
        """The names of the encoded columns, in their order."""
        if self.categorical_encoding == "ordinal":
            return self.columns.features
        encoded = (f"{name}_{text}" for name in self.columns.categories for text in self.categories[name])
        return [*self.columns.numeric, *encoded]

    def table(self, column: str, vocabulary: list[str]) -> np.ndarray:
        """Return the float32 encodings of ``vocabulary`` and, last, of a missing value; one row each."""
        known = self.categories[column]
        codes = np.array([known.index(text) + 1 if text in known else 0 for text in vocabulary], np.intp)
        if self.categorical_encoding == "ordinal":
            rows = codes[:, None].astype(np.float32)
        else:
            rows = np.eye(len(known) + 1, dtype=np.float32)[codes][:, 1:]
        return np.vstack([rows, np.full((1, rows.shape[1]), np.nan, np.float32)])

    def save(self, folder: Path) -> None:
        """Write ``transformations.json`` into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {"schema_version": SCHEMA_VERSION, **asdict(self), "features": self.features}
        (folder / FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Transformations:
    """Read what ``save`` wrote; refuse a folder without it or a file this version cannot apply."""
    path = folder / FILE
    if not path.is_file():
        raise Refused(f"{folder} holds no {FILE}. Give the output transformations_output of an earlier prepare step.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"schema_version is not {SCHEMA_VERSION}")
        features = content.pop("features")
        learned = Transformations(**{**content, "columns": Columns(**content["columns"])})
        if learned.categorical_encoding not in ENCODINGS or set(learned.categories) != set(learned.columns.categories):
            raise ValueError("its encoding or its categories are not those of this step")
        if learned.features != features:
            raise ValueError("its features do not follow from its categories")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path.name} cannot be applied: {error}. Learn the transformations anew.") from error
    return learned


def order(categories: set[str], described: list[str]) -> list[str]:
    """Return ``categories`` in the order described, then: numbers by value, words by letter."""

    def rank(text: str) -> tuple[float, int, float, str]:
        place = described.index(text) if text in described else len(described)
        try:
            return (place, 0, float(text), "")
        except ValueError:
            return (place, 1, 0.0, text)

    return sorted(categories, key=rank)
