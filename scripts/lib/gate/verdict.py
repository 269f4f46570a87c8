"""The verdict of the gate: an outcome for each rule and for all together, with numbers and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scripts.lib.gate.decision_curve import CurvePoint
from scripts.lib.gate.judged import Protocol
from scripts.lib.gate.metrics import Better, MetricName
from scripts.lib.gate.predicted import Predicted

Outcome = Literal["pass", "fail", "inconclusive"]
Kind = Literal[
    "minimum_rows",
    "floor",
    "ceiling",
    "non_inferiority",
    "keep",
    "reference",
    "slice_floor",
    "slice_ceiling",
    "slice_non_inferiority",
    "self_report",
    "delivered",
]


@dataclass(frozen=True)
class Interval:
    """Two one-sided bounds, each at the gate's confidence."""

    lower: float
    upper: float


@dataclass(frozen=True)
class RuleVerdict:
    """One rule's outcome.

    ``number`` is what was judged against ``limit``: a metric's value, a difference candidate minus the other, or a
    count of rows; it and ``interval`` are None where nothing could be computed. ``rows_needed`` says, where a rule
    is inconclusive, how many judged rows would probably decide it; None there: no number of rows in reach would.
    ``at_least`` says on which side of the limit the number has to be. ``waived`` is true for an undecided limit that
    does not block, because the candidate is shown to be no worse.
    """

    rule: str
    kind: Kind
    outcome: Outcome
    limit: float
    rows: int
    sentence: str
    number: float | None = None
    interval: Interval | None = None
    metric: MetricName | None = None
    slice: str | None = None
    reference: str | None = None
    rows_needed: int | None = None
    at_least: bool = True
    waived: bool = False


@dataclass(frozen=True)
class Verdict:
    """The verdict on a candidate; ``promote`` says whether it may become the default.

    An *inconclusive* outcome allows that only where the gate file says so. ``titles`` and ``better`` say how people
    call each metric, and which way it is better.
    """

    outcome: Outcome
    promote: bool
    sentence: str
    rules: tuple[RuleVerdict, ...]
    rows: int
    protocol: Protocol
    candidate_metrics: Mapping[MetricName, float]
    champion_metrics: Mapping[MetricName, float] | None
    predicted: Predicted
    titles: Mapping[MetricName, str]
    better: Mapping[MetricName, Better]
    decision_curve: tuple[CurvePoint, ...] = ()
