"""Rows as records of fixed size: a key, a target, float32 numbers, and a category code each (-1 is missing)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from description import Columns
from identity import row_keys, text_cells
from reading import Chunk

NO_CLASS = -1
# Names that no column of a table has: what the side of a row depends on, and what is kept of its target and weight.
SIDE, TARGET, WEIGHT = "\0side", "\0target", "\0weight"

Vocabulary = dict[str, dict[str, int]]


class Recorder:
    """Turns rows into records; ``vocabulary`` has the code of each text, by column."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.vocabulary: Vocabulary = {name: {} for name in columns.categories}
        fields: list[tuple[str, str]] = [("key", "<u8"), (TARGET, "<f8" if columns.task == "regression" else "<i2")]
        fields += [(SIDE, "<u8")] if columns.group else []
        fields += [(WEIGHT, "<f4")] if columns.weight else []
        fields += [(name, "<f4") for name in columns.numeric]
        fields += [(name, "<i4") for name in columns.categories]
        self.dtype = np.dtype(fields)

    def records(self, rows: Chunk) -> np.ndarray:
        """Return a record for each of ``rows``."""
        columns, made = self._columns, np.empty(len(rows), self.dtype)
        made["key"] = row_keys(rows, columns)
        if columns.group:
            # Without its group, as for scoring, a row stands for itself.
            made[SIDE] = text_cells(rows, columns.group) if rows.grouped else made["key"]
        target = np.full(len(rows), np.nan) if rows.target is None else rows.target
        made[TARGET] = target if columns.task == "regression" else np.where(np.isnan(target), NO_CLASS, target)
        if columns.weight:
            made[WEIGHT] = 1 if rows.weight is None else rows.weight
        for name in columns.numeric:
            made[name] = rows.numbers[name]
        for name in columns.categories:
            made[name] = self._codes(name, rows.texts[name])[rows.codes[name]]
        return made

    def adopted(self, records: np.ndarray, vocabulary: Mapping[str, Iterable[str]]) -> np.ndarray:
        """Return ``records`` of another recorder, whose ``vocabulary`` has the texts in the order of their codes."""
        records = records.copy()
        for name, texts in vocabulary.items():
            records[name] = self._codes(name, list(texts))[records[name]]
        return records

    def texts(self) -> dict[str, list[str]]:
        """Return the texts of each column in the order of their codes."""
        return {name: list(known) for name, known in self.vocabulary.items()}

    def _codes(self, name: str, texts: list[str]) -> np.ndarray:
        """Return the codes of ``texts`` and, last, of a missing value."""
        known = self.vocabulary[name]
        return np.array([*(known.setdefault(text, len(known)) for text in texts), -1], np.int32)


@dataclass
class Tally:
    """How many rows there are, on the training side too, and in how many each category is, by column."""

    rows: int = 0
    training: int = 0
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    seen_in_training: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Count what ``other`` has counted too."""
        self.rows += other.rows
        self.training += other.training
        for mine, theirs in ((self.seen, other.seen), (self.seen_in_training, other.seen_in_training)):
            for name, counts in theirs.items():
                column = mine.setdefault(name, {})
                for text, count in counts.items():
                    column[text] = column.get(text, 0) + count

    def categories(self, name: str, training: bool) -> set[str]:
        """Return the categories that rows have, or those that rows of the training side have."""
        counts = (self.seen_in_training if training else self.seen).get(name, {})
        return {text for text, count in counts.items() if count}


def tally(records: np.ndarray, vocabulary: Vocabulary, training: np.ndarray) -> Tally:
    """Count ``records``, of which those at the mask ``training`` are on the training side."""

    def counts(rows: np.ndarray) -> dict[str, dict[str, int]]:
        found = {}
        for name, known in vocabulary.items():
            by_code = np.bincount(rows[name] + 1, minlength=len(known) + 1)[1:].tolist()
            found[name] = dict(zip(known, by_code, strict=True))
        return found

    return Tally(len(records), int(training.sum()), counts(records), counts(records[training]))
