"""What an evaluation hands to its evidence: the data, the split of its rows, and each side that was judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.runs import ReusedStep


@dataclass(frozen=True)
class DataAsset:
    """The data that all sides were judged on; ``digest`` is that of the files as they were found."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class AnotherSplit:
    """Another split of the same rows: by which job; ``digest`` covers which row is in which fold."""

    job: str
    digest: str


@dataclass(frozen=True)
class Split:
    """How rows were withheld: by which job, in which folds; ``digest`` covers which row is in which fold."""

    job: str
    folds: int
    digest: str
    repeats: Sequence[AnotherSplit] = ()


@dataclass(frozen=True)
class Delivered:
    """What a deployment delivered: the job that made it, where its parts lie, and the digests of their content."""

    job: str
    model: str
    transformations: str
    model_digest: str
    transformations_digest: str


@dataclass(frozen=True)
class Repeat:
    """A side on another split of the rows: the job of each fold and of the scoring, and the digest of the scores."""

    jobs: Mapping[str, str]
    predictions_digest: str


@dataclass(frozen=True)
class Side:
    """One deployment that was judged.

    ``jobs`` names the job of each fold, of the delivered model and of the scoring; ``scoring`` is the pipeline
    component that scored, ``predictions_digest`` the digest of the scores that were judged. ``reported`` are the
    metrics that the deployment computed about itself, ``reused`` the steps that took the outputs of an earlier job.
    ``metrics`` are the judged ones of a reference; those of candidate and champion are the verdict's.
    """

    deployment: str
    content_digest: str
    code_digest: str
    scoring: str
    jobs: Mapping[str, str]
    delivered: Delivered
    predictions_digest: str
    reused: Sequence[ReusedStep] = ()
    reported: Mapping[MetricName, float] | None = None
    metrics: Mapping[MetricName, float] | None = None
    repeats: Sequence[Repeat] = ()


@dataclass(frozen=True)
class Incomparable:
    """A default that could not be judged on today's rows, and why."""

    deployment: str
    content_digest: str | None
    reason: str
