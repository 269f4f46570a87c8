"""The reviewed list of differences between the emulator and recorded traffic that are meant to be."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from tests.wire.comparison import Difference

FILE = Path(__file__).with_name("explained.yml")
PATTERNS = {"operations": "operation", "pointers": "pointer", "rules": "rule", "sessions": "session"}


@dataclass(frozen=True)
class Explanation:
    """Why differences at some places are right: one pattern of each list must match.

    ``*`` in a pattern stands for anything; ``api``, ``recorded`` and ``ours`` narrow it further.
    """

    operations: tuple[str, ...]
    pointers: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str
    sessions: tuple[str, ...] = ("*",)
    api: str = "*"
    recorded: str = "*"
    ours: str = "*"

    def covers(self, difference: Difference) -> bool:
        """Whether this is the reason of ``difference``."""
        single = all(
            fnmatchcase(getattr(difference, name), getattr(self, name)) for name in ("api", "recorded", "ours")
        )
        return single and all(self.matching(patterns, difference) for patterns in PATTERNS)

    def matching(self, patterns: str, difference: Difference) -> set[str]:
        """The patterns of one list that match ``difference``."""
        value = getattr(difference, PATTERNS[patterns])
        return {pattern for pattern in getattr(self, patterns) if fnmatchcase(value, pattern)}


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
