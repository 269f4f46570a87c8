"""The contents of evidence as types; evidence.schema.json describes the same keys."""

from typing import Any, TypedDict

from scripts.lib.gate.metrics import Better, MetricName
from scripts.lib.gate.predicted import Task
from scripts.lib.gate.verdict import Outcome


class DeliveredDocument(TypedDict):
    """What evidence says about the model and the transformations that a deployment delivered."""

    job: str
    model: str
    transformations: str
    model_digest: str
    transformations_digest: str


class RepeatDocument(TypedDict):
    """What evidence says about a side on another split of the rows."""

    jobs: dict[str, str]
    predictions_digest: str


class _SideDocument(TypedDict):
    deployment: str
    content_digest: str
    code_digest: str
    scoring: str
    jobs: dict[str, str]
    delivered: DeliveredDocument
    predictions_digest: str
    reused_steps: list[dict[str, str | None]]
    metrics: dict[MetricName, float]
    reported: dict[MetricName, float] | None


class SideDocument(_SideDocument, total=False):
    """What evidence says about the candidate, the champion or a reference."""

    repeats: list[RepeatDocument]


class IncomparableDocument(TypedDict):
    """What evidence says about a default that cannot be judged on the rows of the day."""

    deployment: str
    content_digest: str | None
    incomparable: str


class DataDocument(TypedDict):
    """What evidence says about the data asset."""

    name: str
    version: str
    digest: str


class AnotherSplitDocument(TypedDict):
    """What evidence says about another split of the same rows."""

    job: str
    digest: str


class _SplitDocument(TypedDict):
    job: str
    folds: int
    digest: str


class SplitDocument(_SplitDocument, total=False):
    """What evidence says about the withheld rows."""

    repeats: list[AnotherSplitDocument]


class GateDocument(TypedDict):
    """What evidence says about the gate."""

    digest: str
    confidence: float
    threshold: float | None  # of two classes
    inconclusive: str


class MetricDocument(TypedDict):
    """What evidence says about a metric: how people call it, and which way it is better."""

    title: str
    better: Better


class VerdictDocument(TypedDict):
    """What evidence says about the verdict."""

    outcome: Outcome
    promote: bool
    sentence: str
    rows: int
    protocol: str
    rules: list[dict[str, Any]]  # the fields of RuleVerdict
    decision_curve: list[dict[str, Any]]  # the fields of CurvePoint; empty unless there are two classes
    task: Task
    classes: list[str]
    metrics: dict[MetricName, MetricDocument]


class Evidence(TypedDict):
    """The evidence of one evaluation, as evidence.schema.json describes it."""

    schema_version: int
    created: str
    endpoint: str
    candidate: SideDocument
    champion: SideDocument | IncomparableDocument | None
    references: list[SideDocument]
    data: DataDocument
    split: SplitDocument
    environment: str
    git_commit: str | None
    gate: GateDocument
    verdict: VerdictDocument
    library_versions: dict[str, str]
    digest: str
