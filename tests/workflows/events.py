"""The table of events: each scenario says what happened, and must say what the table has for it."""

import json
import re
from pathlib import Path

from tests.kept_rows import kept_row

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).parent / "expected/events.json"
PAGE = ROOT / "docs/workflows.md"
PROGRAM = "the scenarios, with UPDATE_EXPECTED=1"


def happened(event, starts, before, after, said):
    """Compare what a scenario saw with the table; UPDATE_EXPECTED=1 writes it there."""
    row = {"starts": starts, "serves": _serves(before, after), "said": plain(said)}
    assert kept_row(TABLE, event, row) == row, event


def _serves(before, after):
    """Who serves before and after, by the names of variants."""
    names = [name.rpartition("-")[0] or name or "nobody" for name in (before, after)]
    if before == after:
        return f"{names[0]}, as before"
    return f"{names[0]} → {names[1]}" if names[0] != names[1] else f"{names[0]} → {names[1]} with other content"


def plain(text):
    """A sentence without what differs from run to run: digests and numbers."""
    text = re.sub(r"-[0-9a-f]{10,12}\b", "-…", text)
    text = re.sub(r"\b[0-9a-f]{12,40}\b", "…", text)
    text = re.sub(r"\d+\.\d+", "0.…", text)
    return re.sub(r"[\u200b\\]", "", text).strip()


def headline(comments):
    """The first line of the newest comment that people see."""
    return comments[-1].splitlines()[1].removeprefix("## ")


def markdown():
    """The table as docs/workflows.md shows it."""
    rows = [
        f"| {event} | {row['starts']} | {row['serves']} | {row['said']} |"
        for event, row in sorted(json.loads(TABLE.read_text(encoding="utf-8")).items())
    ]
    return "\n".join(["| event | what runs | who serves | what is said |", "|---|---|---|---|", *rows])
