"""The verdict of the gate: an outcome for each rule and for all together, with numbers and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scripts.lib.gate.metrics import MetricName

Outcome = Literal["pass", "fail", "inconclusive"]
Kind = Literal["minimum_rows", "floor", "ceiling", "non_inferiority", "slice_floor"]


@dataclass(frozen=True)
class Interval:
    """Two one-sided bounds, each at the gate's confidence."""

    lower: float
    upper: float


@dataclass(frozen=True)
class RuleVerdict:
    """One rule's outcome.

    ``number`` is what was judged against ``limit``: a metric's value, the difference candidate minus
    champion, or a count of rows; it and ``interval`` are None where nothing could be computed.
    ``cross_check`` is DeLong's interval where the bootstrap has one.
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
    cross_check: Interval | None = None


@dataclass(frozen=True)
class Verdict:
    """The verdict on a candidate; ``promote`` says whether it may become the default.

    An *inconclusive* outcome allows that only where the gate file says so.
    """

    outcome: Outcome
    promote: bool
    sentence: str
    rules: tuple[RuleVerdict, ...]
    rows: int
    protocol: str
    candidate_metrics: Mapping[MetricName, float]
    champion_metrics: Mapping[MetricName, float] | None
