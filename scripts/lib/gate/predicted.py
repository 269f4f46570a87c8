"""What a problem predicts: one of two classes, one of several, or a number; and how labels and scores are written."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scripts.lib.gate.arrays import Array, Floats, Integers

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Predicted:
    """The task and, for classes, their names in order; of two classes the second is the positive one.

    A class is stored by its place in ``classes``, a number as it is.
    """

    task: Task
    classes: tuple[str, ...] = ()

    @property
    def score_columns(self) -> tuple[str, ...]:
        """Return the columns of `predictions.csv` that hold what is predicted for a row."""
        if self.task == "multiclass":
            return tuple(f"score_{name}" for name in self.classes)
        return ("score",) if self.task == "binary" else ("prediction",)

    @property
    def score_shape(self) -> tuple[int, ...]:
        """Return the shape of what is predicted for one row."""
        return (len(self.classes),) if self.task == "multiclass" else ()

    def encoded(self, texts: Array) -> Floats:
        """Return the labels ``texts`` as they are stored, NaN for one that is no class or no number.

        Classes that are numbers may be written in any way, such as ``1`` and ``1.0``.
        """
        import pandas as pd

        if self.task == "regression":
            numbers = pd.to_numeric(pd.Series(texts), errors="coerce")
            return np.asarray(numbers.replace([np.inf, -np.inf], np.nan), dtype=np.float64)
        place = {_canonical(name): number for number, name in enumerate(self.classes)}
        codes, distinct = pd.factorize(np.asarray(texts, dtype=object), use_na_sentinel=False)
        of_text = np.array([place.get(_canonical(str(text)), np.nan) for text in distinct], dtype=np.float64)
        encoded: Floats = of_text[codes]
        return encoded

    def of_class(self, target: Array) -> Integers:
        """Return how many rows each class has."""
        return np.bincount(target.astype(np.int64), minlength=len(self.classes)).astype(np.int64)


BINARY = Predicted("binary", ("0", "1"))


def _canonical(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return text.strip()
    return str(int(number)) if number.is_integer() else repr(number)
