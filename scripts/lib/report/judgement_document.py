"""The part of a report's document that tells of one judged candidate: its rules, metrics, curves and jobs."""

from dataclasses import dataclass
from typing import Literal

from scripts.lib.gate.decision_curve import CurvePoint
from scripts.lib.report.curves import BinaryCurves, MulticlassCurves, RegressionCurves

Outcome = Literal["pass", "fail", "inconclusive"]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Picture:
    """Where number, interval and the good side of a limit lie on one line, each from 0 (left) to 1 (right)."""

    number: float
    lower: float
    upper: float
    good_from: float
    good_to: float


@dataclass(frozen=True)
class Rule:
    """One rule of the gate: as text for people; ``value``, ``lower``, ``upper`` and ``bound`` for charts."""

    rule: str
    group: str
    title: str
    metric_title: str
    kind: str
    outcome: Outcome
    waived: bool
    number: str
    interval: str
    limit: str
    sentence: str
    metric: str | None
    slice: str | None
    value: float | None
    lower: float | None
    upper: float | None
    bound: float
    picture: Picture | None


@dataclass(frozen=True)
class Metric:
    """A metric of candidate and champion; ``better`` says whether the candidate's is, None where neither is."""

    name: str
    title: str
    candidate: str
    champion: str
    difference: str
    better: bool | None


@dataclass(frozen=True)
class Side:
    """The curves of one judged deployment; ``label`` is candidate or champion."""

    label: str
    deployment: str
    curves: BinaryCurves | MulticlassCurves | RegressionCurves


@dataclass(frozen=True)
class Importance:
    """The share (0 to 1) of a column in all that the delivered models gain; None where a model does not tell."""

    column: str
    candidate: float | None
    champion: float | None


@dataclass(frozen=True)
class Step:
    """A step of a job; ``log`` is the address of its log, empty where it has none."""

    name: str
    state: str
    seconds: float | None
    log: str = ""


@dataclass(frozen=True)
class Job:
    """A job of an evaluation: of which side, for what, how it ended, how long it ran, where it is shown."""

    side: str
    purpose: str
    name: str
    state: str
    started: str | None
    seconds: float | None
    link: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Entry:
    """Something named, and its value: a digest, a place, a version."""

    what: str
    value: str


@dataclass(frozen=True)
class Judgement:
    """One candidate before the gate. ``promoted`` is None where the promotion is still to come."""

    variant: str | None
    candidate: str
    champion: str | None
    incomparable: str | None
    challenger: bool
    promoted: bool | None
    outcome: Outcome | None
    sentence: str
    task: Task
    rows: int
    protocol: str
    confidence: str
    threshold: str
    metrics: tuple[Metric, ...]
    rules: tuple[Rule, ...]
    sides: tuple[Side, ...]
    decision_curve: tuple[CurvePoint, ...]
    importance: tuple[Importance, ...]
    jobs: tuple[Job, ...]
    evidence: tuple[Entry, ...]
