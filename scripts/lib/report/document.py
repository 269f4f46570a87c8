"""The document behind every report: all that HTML, comment, job summary and terminal show, and no row of the data.

Numbers that people read stand here as text already, so that no two readers of the document can round them differently.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from scripts.lib.report.curves import BinaryCurves, MulticlassCurves, RegressionCurves

SCHEMA = Path(__file__).with_name("report.schema.json")
SCHEMA_VERSION = 1

Kind = Literal["evaluation", "release", "rehearsal", "retraining", "validation"]
Outcome = Literal["pass", "fail", "inconclusive"]
Task = Literal["binary", "multiclass", "regression"]
Result = Literal["promoted", "kept", "refused", "inconclusive", "rejected", "failed"]


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
class CurvePoint:
    """Net benefits at one threshold of the decision curve."""

    threshold: float
    candidate: float
    champion: float | None
    everyone: float


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


@dataclass(frozen=True)
class Distribution:
    """How a column's values are spread: ``counts`` of the numbers between ``edges``, or of each category.

    ``champion`` are the shares that the champion's data had in the same places, and ``distance`` the total variation
    distance between both, from 0 (alike) to 1; None where it is not known.
    """

    column: str
    categories: tuple[str, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    champion: tuple[float, ...] | None = None
    distance: float | None = None


@dataclass(frozen=True)
class Finding:
    """A rule that the data does not meet."""

    place: str
    rule: str
    expected: str
    found: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Data:
    """The data that was validated and judged on; ``champion`` names the champion's, where that is other data."""

    description: str
    asset: str
    digest: str
    rows: int
    rules: int
    synthetic: bool
    findings: tuple[Finding, ...]
    distributions: tuple[Distribution, ...]
    champion: str | None = None


@dataclass(frozen=True)
class Stage:
    """A stage of a command."""

    title: str
    seconds: float
    outcome: str


@dataclass(frozen=True)
class Document:
    """The report of one command. ``result`` and ``headline`` say in one glance what became of the default."""

    schema_version: int
    kind: Kind
    created: str
    endpoint: str
    result: Result
    headline: str
    default_before: str | None
    default: str | None
    judgements: tuple[Judgement, ...]
    data: Data | None
    stages: tuple[Stage, ...]
    places: tuple[Entry, ...]
    commands: tuple[Entry, ...]


def as_json(document: Document) -> str:
    """Return the document as JSON. Raises ValueError where it breaks its schema."""
    from scripts.lib.gate.schema import schema_violation

    content = json.loads(json.dumps(asdict(document), allow_nan=False))
    if problem := schema_violation(content, SCHEMA):
        raise ValueError(f"This is no valid report: {problem}.")
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
