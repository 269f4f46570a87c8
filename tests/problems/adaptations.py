"""The table of adaptations: what each touches outside of its own folders, red tests, minutes."""

import json
from pathlib import Path

from scripts.lib.repository.files import ROOT
from tests.kept_rows import kept_row

TABLE = Path(__file__).parent / "expected/adaptations.json"
PAGE = ROOT / "docs/adaptations.md"
PROGRAM = "UPDATE_EXPECTED=1 make long"


def counted(adaptation: str, outside: list[str], tests: int, red: int, seconds: float) -> None:
    """Compare an adaptation with the table, in which nothing is outside and nothing red.

    ``outside`` are the files that it touches outside of its own folders, ``tests`` the tests that ran, of which some
    may be ``red``. The minutes are of the machine that wrote the table, and are not compared.
    """
    row = {"outside": len(outside), "red": red, "tests": tests, "minutes": round(seconds / 60, 1)}
    known = kept_row(TABLE, adaptation, row)
    assert (known.get("outside"), known.get("red")) == (row["outside"], row["red"]) == (0, 0), outside


def markdown() -> str:
    """Return the table as the page shows it."""
    lines = ["| adaptation | files touched outside its folders | red tests | minutes |", "|---|---:|---:|---:|"]
    for name, row in json.loads(TABLE.read_text(encoding="utf-8")).items():
        lines.append(f"| {name} | {row['outside']} | {row['red']} of {row['tests']} | {row['minutes']} |")
    return "\n".join(lines)
