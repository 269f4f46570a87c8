"""One change of an endpoint's default, as the endpoint's tags and the history tell it."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from scripts.lib.endpoints import PREVIOUS_TAG, Endpoint
from scripts.lib.ledger import Ledger

_TAG_LENGTH = 256  # longest value of a tag in Azure
_PREFIX = "promoted_"
_TAGGED = ("action", "default", "at", "commit", "evidence", "forced", "token")


@dataclass(frozen=True)
class DefaultChange:
    """Who became the default when, instead of whom, why; ``forced`` is the reason for passing over the gate."""

    action: str
    default: str
    at: str
    previous: str | None = None
    commit: str | None = None
    evidence: str | None = None
    forced: str | None = None
    refused: str | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def tags(self) -> dict[str, str | None]:
        """Return the endpoint's tags that tell it; None where there is nothing to tell, since no tag may be empty."""
        said = asdict(self)
        told = {_PREFIX + key: said[key][:_TAG_LENGTH] if said[key] else None for key in _TAGGED}
        return {**told, PREVIOUS_TAG: self.previous}

    def entry(self) -> dict[str, Any]:
        """Return the history's entry."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def unrecorded(history: list[dict[str, Any]], state: Endpoint) -> dict[str, Any] | None:
    """Return the entry that the history lacks, if a promotion was killed after it wrote the default; else None."""
    told = {key: state.tags.get(_PREFIX + key) for key in _TAGGED}
    if not told["token"] or told["default"] != state.default:
        return None
    if any(entry.get("token") == told["token"] for entry in history):
        return None
    change = DefaultChange(**told, previous=state.previous)  # type: ignore[arg-type]
    return change.entry()


def full_history(ledger: Ledger, state: Endpoint | None) -> list[dict[str, Any]]:
    """Return the history, oldest first, with what a killed promotion left out."""
    entries = ledger.history()
    missing = unrecorded(entries, state) if state else None
    return [*entries, missing] if missing else entries


def record(ledger: Ledger, state: Endpoint, change: DefaultChange | None = None) -> None:
    """Write into the history what it lacks of ``state``, then ``change``; call it with the lock held."""
    entries = ledger.history()
    new = [entry for entry in (unrecorded(entries, state), change and change.entry()) if entry]
    if new:
        ledger.write_history([*entries, *new])
