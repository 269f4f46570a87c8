"""The comparison with recorded traffic as the tables of ``docs/wire.md``."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.wire.deviations import load_deviations
from tests.wire.explained import load_explanations, sort_out
from tests.wire.player import Outcome

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "wire.md"
BEGIN, END = "<!-- begin: written by python -m tests.wire.recordings --write -->", "<!-- end -->"
COLUMNS = ("sessions", "requests", "compared", "out of scope", "explained", "unexplained")


def tables(outcomes: Iterable[Outcome]) -> str:
    """Markdown of what was played, what was left out and why, and every reason for a difference."""
    played = list(outcomes)
    parts = (_summary(played), _out_of_scope(played), _reasons(played), _deviations())
    return "\n\n".join("\n".join(part) for part in parts)


def write(text: str, path: Path = DOCUMENT) -> None:
    """Replaces the generated part of the document."""
    before, _, after = path.read_text(encoding="utf-8").partition(BEGIN)
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after.partition(END)[2]}", encoding="utf-8")


def written(path: Path = DOCUMENT) -> str:
    """The generated part of the document as it stands."""
    return path.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip("\n")


def without_timing(text: str) -> str:
    """``text`` without the numbers that depend on how fast a run was: those of explained differences."""
    text = re.sub(r"(?m)^(\|(?: [^|]+ \|){5}) \d+ (\| \d+ \|)$", r"\1 - \2", text)
    return re.sub(r"(?m)^\| \d+ \|", "| - |", text)


def _summary(outcomes: list[Outcome]) -> Iterator[str]:
    yield "| recorded tests of | " + " | ".join(COLUMNS) + " |"
    yield "|---|" + "---:|" * len(COLUMNS)
    folders: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        explained, unexplained = sort_out(outcome.differences, load_explanations())
        folders.setdefault(outcome.session.name.split("/")[0], Counter()).update(
            {
                "sessions": 1,
                "requests": len(outcome.session.exchanges),
                "compared": outcome.compared,
                "out of scope": len(outcome.skipped),
                "explained": len(explained),
                "unexplained": len(unexplained),
            }
        )
    total = sum(folders.values(), Counter())
    for name, counts in [*sorted(folders.items()), ("all", total)]:
        yield f"| {name} | " + " | ".join(str(counts[column]) for column in COLUMNS) + " |"


def _out_of_scope(outcomes: list[Outcome]) -> Iterator[str]:
    yield "Recorded, and out of scope:"
    yield ""
    yield "| requests out of scope | reason |"
    yield "|---|---|"
    counts = Counter(reason for outcome in outcomes for reason in outcome.skipped.values())
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"| {count} request{'s' * (count > 1)} | {reason} |"


def _reasons(outcomes: list[Outcome]) -> Iterator[str]:
    yield "Differences that are meant to be (`tests/wire/explained.yml`):"
    yield ""
    yield "| differences | where | reason |"
    yield "|---:|---|---|"
    found = [difference for outcome in outcomes for difference in outcome.differences]
    for explanation in load_explanations():
        count = sum(map(explanation.covers, found))
        where = ", ".join(f"`{operation}`" for operation in explanation.operations)
        yield f"| {count} | {where} | {explanation.reason} |"


def _deviations() -> Iterator[str]:
    yield "Ways in which the service or the SDK departs from the specs (`tests/wire/deviations.yml`):"
    yield ""
    yield "| part | operation | reason |"
    yield "|---|---|---|"
    yield from dict.fromkeys(f"| {d.part} | `{d.operation}` | {d.reason} |" for d in load_deviations())
