"""Tables of what tests see, kept and shown on a page; UPDATE_EXPECTED=1 writes both anew."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from tests import generated


def kept_row(table: Path, name: str, seen: dict[str, Any]) -> dict[str, Any]:
    """Return the row that the table keeps for ``name``, empty where there is none; an update puts the one ``seen``."""
    table.parent.mkdir(exist_ok=True)
    with table.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = json.loads(file.read() or "{}")
        if os.environ.get("UPDATE_EXPECTED"):
            rows[name] = seen
            file.truncate(0)
            file.write(json.dumps(rows, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return dict(rows.get(name, {}))


def assert_shown(page: Path, program: str, markdown: str) -> None:
    """Compare the part of a page that ``program`` writes with the table as Markdown."""
    if os.environ.get("UPDATE_EXPECTED"):
        generated.write(page, program, markdown)
    assert generated.written(page, program) == markdown
