"""The table of adaptations: what each touches outside of its own folders, red tests, minutes."""

import fcntl
import json
import os
from pathlib import Path

from scripts.lib.repository.files import ROOT

TABLE = Path(__file__).parent / "expected/adaptations.json"
PAGE = ROOT / "docs/adaptations.md"
BEGIN, END = "<!-- table: written by UPDATE_EXPECTED=1 make long -->\n", "<!-- end of table -->\n"


def counted(adaptation: str, outside: list[str], tests: int, seconds: float) -> None:
    """Compare an adaptation, all of whose tests were green, with the table; UPDATE_EXPECTED=1 writes it there.

    ``outside`` are the files that it touches outside of its own folders, ``tests`` the tests that ran. The minutes are
    of the machine that wrote the table, and are not compared.
    """
    row = {"outside": len(outside), "red": 0, "tests": tests, "minutes": round(seconds / 60, 1)}
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        table = json.loads(file.read() or "{}")
        if os.environ.get("UPDATE_EXPECTED"):
            table[adaptation] = row
            file.truncate(0)
            file.write(json.dumps(table, indent=1, sort_keys=True) + "\n")
    known = table.get(adaptation, {})
    assert (known.get("outside"), known.get("red")) == (row["outside"], row["red"]), outside


def markdown() -> str:
    """Return the table as the page shows it."""
    lines = ["| adaptation | files touched outside its folders | red tests | minutes |", "|---|---:|---:|---:|"]
    for name, row in json.loads(TABLE.read_text(encoding="utf-8")).items():
        lines.append(f"| {name} | {row['outside']} | {row['red']} of {row['tests']} | {row['minutes']} |")
    return "\n".join(lines) + "\n"
