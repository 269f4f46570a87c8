"""What became of a sample: completed, refused by name, or failed, and then whose fault a reviewed file says it is."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.outcomes import first_line, refused_thing

REASONS = Path(__file__).with_name("reasons.yml")
KINDS = ("completed", "refused", "failed")
FAULTS = ("checkout", "download", "gpu", "packages", "program", "sample")
_REFUSAL = re.compile(r"(\S[^\n]*?) (?:is|are) not supported by the embedded workspace")


@dataclass(frozen=True)
class Outcome:
    """One sample: its path, what became of it, why where it did not complete, and all that it said."""

    sample: str
    kind: str
    reason: str
    seconds: float
    said: str = ""

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Reason:
    """Why a failure is not ours: a fault of ``FAULTS``, the words for it, and what its message must contain."""

    fault: str
    why: str
    seen: str


def classify(sample: str, completed: bool, refusals: list[str], said: str, seconds: float) -> Outcome:
    """Judge a run that ``said`` this; ``refusals`` are the messages with which the workspace refused something.

    It counts as refused only if it repeats one of these messages.
    """
    if completed:
        return Outcome(sample, "completed", "", seconds)
    for message in refusals:
        if (found := _REFUSAL.search(message)) and _plain(message)[:60] in _plain(said):
            return Outcome(sample, "refused", refused_thing(found[1]), seconds, said)
    return Outcome(sample, "failed", last_error(said), seconds, said)


def _plain(text: str) -> str:
    return re.sub(r"[\s\"'\\]+", " ", text)


def last_error(said: str) -> str:
    """Return the last line that names an error, or else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?:\w+\.)*\w*(?:Error|Exception|Refused)\b", line)]
    return first_line((errors or lines or ["no message"])[-1])


def reasons() -> dict[str, Reason]:
    """Read the reviewed reasons: the path of a sample to why its failure is not ours.

    Raises:
        ValueError: a reason has an unknown fault or lacks a part.
    """
    read = yaml.safe_load(REASONS.read_text()) or {}
    for sample, entry in read.items():
        if set(entry) != {"fault", "why", "seen"} or entry["fault"] not in FAULTS:
            raise ValueError(f"{REASONS.name}: {sample} needs why, seen and a fault of {', '.join(FAULTS)}")
    return {sample: Reason(**entry) for sample, entry in read.items()}


def fault_of(outcome: Outcome, known: dict[str, Reason]) -> str:
    """Say whose fault a failure is: a fault that ``known`` gives and the message shows, or ``ours``."""
    reason = known.get(outcome.sample)
    return reason.fault if reason and reason.seen in outcome.said else "ours"


def stale(outcomes: list[Outcome], known: dict[str, Reason]) -> list[str]:
    """Return a line for each reason that no longer holds: no such sample, it did not fail, or its message is another.

    What a partial checkout lacks may be there.
    """
    by_sample = {outcome.sample: outcome for outcome in outcomes}
    lines = []
    for sample, reason in known.items():
        outcome = by_sample.get(sample)
        if outcome is None:
            lines.append(f"{sample}: there is no such sample")
        elif outcome.kind != "failed" and reason.fault == "checkout":
            continue
        elif outcome.kind != "failed":
            lines.append(f"{sample}: {outcome.kind}, and has a reason to fail")
        elif reason.seen not in outcome.said:
            lines.append(f"{sample}: failed without {reason.seen!r} in its messages")
    return lines
