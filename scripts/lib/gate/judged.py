"""What is judged: the withheld rows, the scores of each side for them, and what a candidate said about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scripts.lib.gate.metrics import Array, Floats, Integers, MetricName

Protocol = Literal["cross_fitted", "hold_out"]


@dataclass(frozen=True)
class JudgedRows:
    """The withheld rows, the same for every side, in ascending order of ``row``; every array has shape (rows,).

    ``target`` is 0 or 1, both present. ``columns`` holds the raw values by which slices are formed, numbers (NaN
    where missing) or text. Rows of one ``group`` (a patient, a household) are not independent of each other.
    """

    row: Integers
    target: Integers
    protocol: Protocol
    columns: Mapping[str, Array] = field(default_factory=dict)
    group: Integers | None = None


@dataclass(frozen=True)
class Scored:
    """One side's probabilities of class 1 for the judged rows, shape (rows,).

    ``repeats`` are further runs of the same training with other seeds or folds, each of shape (rows,); what they
    differ by is the part of a difference that training itself explains.
    """

    deployment: str
    scores: Floats
    repeats: tuple[Floats, ...] = ()


@dataclass(frozen=True)
class SelfReport:
    """The candidate's own `evaluation_results`: a diagnostic beside the judgement, never its basis.

    ``target`` and ``scores`` are its own rows, where it published them, in an order of its own.
    """

    metrics: Mapping[MetricName, float]
    rows: int
    target: Integers | None = None
    scores: Floats | None = None
