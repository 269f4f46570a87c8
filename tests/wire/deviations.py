"""The reviewed table of ways in which the real service departs from its own specs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from tests.wire.findings import Finding
from tests.wire.specs import Report

TABLE = Path(__file__).with_name("deviations.yml")


@dataclass(frozen=True)
class Deviation:
    """One departure: which findings of which operations it explains, and the recording that shows it.

    ``operation`` and ``pointer`` may hold ``*``; in a pointer it stands for one step, such as an index.
    """

    part: str
    operation: str
    pointer: str
    rule: str
    shown_by: str
    reason: str

    def explains(self, operation: str | None, finding: Finding) -> bool:
        """Whether ``finding`` of ``operation`` is this departure."""
        return (
            (finding.part, finding.rule) == (self.part, self.rule)
            and fnmatchcase(operation or "", self.operation)
            and _matches(self.pointer, finding.pointer)
        )


def _matches(pattern: str, pointer: str) -> bool:
    wanted, steps = pattern.split("/"), pointer.split("/")
    return len(wanted) == len(steps) and all(w in ("*", s) for w, s in zip(wanted, steps, strict=True))


@cache
def load_deviations(path: Path = TABLE) -> tuple[Deviation, ...]:
    """The table; a pointer or rule given as a list stands for one entry each."""
    return tuple(_expand(yaml.safe_load(path.read_text(encoding="utf-8"))))


def _expand(entries: Iterable[dict]) -> Iterator[Deviation]:
    for entry in entries:
        for pointer in entry.pop("pointers"):
            yield Deviation(pointer=pointer, **entry)


def unexplained(report: Report, table: Iterable[Deviation] | None = None) -> list[Finding]:
    """The findings of ``report`` that no entry of the table explains."""
    entries = load_deviations() if table is None else tuple(table)
    return [f for f in report.findings if not any(e.explains(report.operation, f) for e in entries)]
