"""The refusals of an evaluation, by name: what cannot be judged is never a pass."""

from typing import Literal

from scripts.lib.errors import GateSaidNo

Reason = Literal[
    "job-failed",
    "missing-file",
    "unreadable-file",
    "missing-metric",
    "unknown-metric",
    "missing-column",
    "nan-score",
    "score-out-of-range",
    "bad-target",
    "constant-target",
    "bad-weight",
    "duplicate-row",
    "missing-row",
    "no-rows",
    "row-count-disagrees",
    "single-class",
    "constant-predictor",
    "metrics-disagree",
    "different-rows",
    "no-model",
    "no-transformations",
    "not-scorable",
    "incomparable",
    "reused-training-step",
]


class EvaluationRefused(GateSaidNo):
    """The evaluation cannot be judged; ``reason`` is the refusal's name, the message its words."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{message} [{reason}]")
        self.reason: Reason = reason
