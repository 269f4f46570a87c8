"""Learn how categories become numbers, from the rows that the model learns from, and apply it.

Numbers pass as they are. A category becomes 1..n in its order (``ordinal``) or n columns of 0 and 1
(``onehot``). A category that the training rows lack is 0, or 0 in all its columns; a missing value stays
missing (NaN), which XGBoost sends down the branch it has learned for it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from columns import CATEGORICAL, ENCODINGS, NUMERIC
from refusal import Refused

FILE = "transformations.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Transformations:
    """What was learned: the encoding, the split it was learned under, each column's ordered categories."""

    categorical_encoding: str
    eval_size: float
    categories: dict[str, list[str]]

    @property
    def features(self) -> list[str]:
        """The names of the encoded columns, in their order."""
        if self.categorical_encoding == "ordinal":
            return [*NUMERIC, *CATEGORICAL]
        return [*NUMERIC, *(f"{name}_{text}" for name in CATEGORICAL for text in self.categories[name])]

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
        learned = Transformations(**content)
        if learned.categorical_encoding not in ENCODINGS or set(learned.categories) != set(CATEGORICAL):
            raise ValueError("its encoding or its columns are not those of this step")
        if learned.features != features:
            raise ValueError("its features do not follow from its categories")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path.name} cannot be applied: {error}. Learn the transformations anew.") from error
    return learned


def order(categories: set[str]) -> list[str]:
    """Return ``categories`` in their order: numbers by value, then words by letter."""

    def rank(text: str) -> tuple[int, float, str]:
        try:
            return (0, float(text), "")
        except ValueError:
            return (1, 0.0, text)

    return sorted(categories, key=rank)
