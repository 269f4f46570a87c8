"""The refusals of this step: one word for a program, one sentence for people."""

from refusal import Refused


class ScoreRefused(Refused):
    """The model cannot be scored; ``reason`` is a word that stays, the message may change."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
