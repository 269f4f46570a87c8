"""A named change of the data."""

from dataclasses import dataclass
from typing import Literal

Change = Literal[
    "constant-column",
    "group-lost",
    "columns-swapped",
    "distribution-changed",
    "target-share-changed",
    "target-copied",
    "labels-inverted",
    "labels-shuffled",
    "relation-changed",
]


@dataclass(frozen=True)
class Drift:
    """One named change: of which columns, in a sentence."""

    change: Change
    columns: tuple[str, ...]
    sentence: str

    def __str__(self) -> str:
        return f"{self.change}: {self.sentence}"
