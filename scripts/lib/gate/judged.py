"""What is judged: the withheld rows, the scores of each side for them, and what a candidate said about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from scripts.lib.gate.arrays import Array, Floats, Integers
from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.predicted import BINARY, Predicted
from scripts.lib.gate.ranking import falling

Protocol = Literal["cross_fitted", "hold_out"]


@dataclass(frozen=True)
class JudgedRows:
    """The withheld rows, the same for every side, in ascending order of ``row``; every array has shape (rows,).

    ``target`` holds what is ``predicted``: numbers of classes, at least two of them present, or the numbers themselves.
    ``columns`` holds the raw values by which slices are formed, numbers (NaN where missing) or text. Rows of one
    ``group`` (a patient, a household) are not independent of each other; a row counts by its ``weight``, all the same
    where that is None.
    """

    row: Integers
    target: Array
    protocol: Protocol
    columns: Mapping[str, Array] = field(default_factory=dict)
    group: Integers | None = None
    weight: Floats | None = None
    predicted: Predicted = BINARY


@dataclass(frozen=True)
class Scored:
    """What one side predicts for the judged rows, shape (rows,), or (rows, classes) for several classes.

    ``repeats`` are further runs of the same training with other seeds or folds, each of the same shape; what they
    differ by is the part of a difference that training itself explains.
    """

    deployment: str
    scores: Floats
    repeats: tuple[Floats, ...] = ()

    @cached_property
    def falling(self) -> Integers:
        """Return the rows in order of falling score, where that is one number: sorted once for all slices."""
        return falling(self.scores)


@dataclass(frozen=True)
class SelfReport:
    """The candidate's own `evaluation_results`: a diagnostic beside the judgement, never its basis.

    ``target``, ``scores`` and ``weight`` are its own rows, where it published them, in an order of its own.
    """

    metrics: Mapping[MetricName, float]
    rows: int
    target: Array | None = None
    scores: Floats | None = None
    weight: Floats | None = None
