"""The refusals of evidence, by name."""

from typing import Literal

from scripts.lib.errors import EvidenceRefused

Reason = Literal[
    "missing",
    "invalid",
    "altered",
    "failed",
    "inconclusive",
    "stale",
    "from-the-future",
    "other-endpoint",
    "other-deployment",
    "other-content",
    "other-champion",
    "other-gate",
    "other-workspace",
]


class RefusedEvidence(EvidenceRefused):
    """The evidence does not allow this promotion; ``reason`` is the refusal's name, the message its words."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{message} [{reason}]")
        self.reason: Reason = reason
