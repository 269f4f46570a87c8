"""The contents of evidence as types; evidence.schema.json describes the same keys."""

from typing import Any, TypedDict

from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.verdict import Outcome


class SideDocument(TypedDict):
    """What evidence says about the candidate or the champion."""

    deployment: str
    content_digest: str
    code_digest: str
    job: str
    reused_steps: list[dict[str, str | None]]
    metrics: dict[MetricName, float]


class DataDocument(TypedDict):
    """What evidence says about the data asset."""

    name: str
    version: str
    digest: str


class GateDocument(TypedDict):
    """What evidence says about the gate."""

    digest: str
    confidence: float
    threshold: float
    inconclusive: str
    resamples: int
    seed: int


class VerdictDocument(TypedDict):
    """What evidence says about the verdict."""

    outcome: Outcome
    promote: bool
    sentence: str
    rows: int
    protocol: str
    rules: list[dict[str, Any]]  # the fields of RuleVerdict


class Evidence(TypedDict):
    """The evidence of one evaluation, as evidence.schema.json describes it."""

    schema_version: int
    created: str
    endpoint: str
    candidate: SideDocument
    champion: SideDocument | None
    data: DataDocument
    git_commit: str | None
    gate: GateDocument
    verdict: VerdictDocument
    library_versions: dict[str, str]
    digest: str
