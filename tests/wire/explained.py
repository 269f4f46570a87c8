"""The reviewed list of differences between the emulator and recorded traffic that are meant to be."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from tests.wire.comparison import Difference

FILE = Path(__file__).with_name("explained.yml")
PATTERNS = {"operations": "operation", "pointers": "pointer", "rules": "rule"}


@dataclass(frozen=True)
class Explanation:
    """Why differences at some places are right: one pattern of each list must match, and all that narrows it.

    ``*`` in a pattern stands for anything. ``api``, ``recorded`` and ``ours`` are patterns of single values, ``before``
    is a month. ``where``, ``here`` and ``asked`` are patterns of values at places of the recorded response, of ours,
    and of the request; inside a list, a place is one of the same element.
    """

    operations: tuple[str, ...]
    pointers: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    api: str = "*"
    recorded: str = "*"
    ours: str = "*"
    before: str = "9999"
    where: Mapping[str, str] = field(default_factory=dict)
    here: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)

    def covers(self, difference: Difference) -> bool:
        """Whether this is the reason of ``difference``."""
        single = all(
            fnmatchcase(getattr(difference, name), getattr(self, name)) for name in ("api", "recorded", "ours")
        )
        return (
            single
            and all(self.matching(patterns, difference) for patterns in PATTERNS)
            and difference.month < self.before
            and self._fits(difference)
        )

    def _fits(self, difference: Difference) -> bool:
        bodies = (
            (self.where, difference.recorded_body),
            (self.here, difference.our_body),
            (self.asked, difference.sent_body),
        )
        return all(
            any(fnmatchcase(at, place) and fnmatchcase(text, wanted) for at, text in _near(body, difference.pointer))
            for conditions, body in bodies
            for place, wanted in conditions.items()
        )

    def matching(self, patterns: str, difference: Difference) -> set[str]:
        """The patterns of one list that match ``difference``."""
        value = getattr(difference, PATTERNS[patterns])
        return {pattern for pattern in getattr(self, patterns) if fnmatchcase(value, pattern)}


def _near(body: object, pointer: str, at: str = "") -> Iterable[tuple[str, str]]:
    """Every place of ``body`` with its value as JSON; of the lists on the way to ``pointer``, that element alone."""
    yield at, json.dumps(body)
    if isinstance(body, dict):
        for key, item in body.items():
            yield from _near(item, pointer, f"{at}/{key}")
    elif isinstance(body, list):
        inside = pointer.startswith(f"{at}/")
        for index, item in enumerate(body):
            if not inside or f"{pointer}/".startswith(f"{at}/{index}/"):
                yield from _near(item, pointer, f"{at}/{index}")


@cache
def load_explanations(path: Path = FILE) -> tuple[Explanation, ...]:
    """The list."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or ()
    return tuple(
        Explanation(**{key: tuple(value) if key in PATTERNS else value for key, value in entry.items()})
        for entry in entries
    )


def sort_out(
    differences: Iterable[Difference], explanations: Iterable[Explanation]
) -> tuple[list[Difference], list[Difference]]:
    """The explained and the unexplained differences."""
    explained: list[Difference] = []
    unexplained: list[Difference] = []
    for difference in differences:
        found = any(explanation.covers(difference) for explanation in explanations)
        (explained if found else unexplained).append(difference)
    return explained, unexplained


def stale(differences: Iterable[Difference], explanations: Iterable[Explanation]) -> list[tuple[str, str]]:
    """Every pattern that explains nothing any more, with the reason it was given."""
    found = list(differences)
    unused: list[tuple[str, str]] = []
    for explanation in explanations:
        covered = [difference for difference in found if explanation.covers(difference)]
        for patterns in PATTERNS:
            used = {pattern for one in covered for pattern in explanation.matching(patterns, one)}
            unused += [(explanation.reason, p) for p in getattr(explanation, patterns) if p not in used]
    return unused
