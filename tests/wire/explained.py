"""The reviewed list of differences between the emulator and recorded traffic that are meant to be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path

import yaml

from tests.wire.comparison import Difference

FILE = Path(__file__).with_name("explained.yml")


@dataclass(frozen=True)
class Explanation:
    """Why differences at a place are right; ``*`` in a pattern stands for anything."""

    operation: str
    pointer: str
    rule: str
    reason: str
    session: str = "*"
    api: str = "*"
    recorded: str = "*"
    ours: str = "*"

    def covers(self, difference: Difference) -> bool:
        """Whether this is the reason of ``difference``."""
        fields = ("operation", "pointer", "rule", "session", "api", "recorded", "ours")
        return all(fnmatchcase(getattr(difference, name), getattr(self, name)) for name in fields)


@cache
def load_explanations(path: Path = FILE) -> tuple[Explanation, ...]:
    """The list; ``operations``, ``pointers``, ``rules`` and ``sessions`` are multiplied out."""
    return tuple(_expand(yaml.safe_load(path.read_text(encoding="utf-8")) or ()))


def _expand(entries: Iterable[dict]) -> Iterator[Explanation]:
    for entry in entries:
        rest = {key: entry[key] for key in ("reason", "api", "recorded", "ours") if key in entry}
        several = (entry["operations"], entry["pointers"], entry["rules"], entry.get("sessions", ["*"]))
        for operation, pointer, rule, session in product(*several):
            yield Explanation(operation, pointer, rule, session=session, **rest)


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


def stale(differences: Iterable[Difference], explanations: Iterable[Explanation]) -> list[Explanation]:
    """The explanations that explain nothing any more."""
    found = list(differences)
    return [e for e in explanations if not any(e.covers(difference) for difference in found)]
