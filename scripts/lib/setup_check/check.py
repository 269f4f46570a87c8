"""One thing looked at, and a diagnosis of many as data, as Markdown and as an exit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scripts.lib.errors import NotFound


@dataclass(frozen=True)
class Check:
    """One thing looked at: ``status`` is ok or missing; ``fix`` says what to do when it is missing."""

    name: str
    status: str
    found: str
    fix: str = ""


def judge(name: str, good: bool, found: str, fix: str) -> Check:
    """Return the check as ok, or as missing with what to do."""
    return Check(name, "ok", found) if good else Check(name, "missing", found, fix)


def render(checks: list[Check], registered: Mapping[str, str]) -> str:
    """Render Markdown: a line a check, then the subjects to register."""
    marks = {"ok": "✅", "missing": "❌"}
    missing = sum(check.status == "missing" for check in checks)
    lines = [f"## Set-up: {f'{missing} missing' if missing else 'complete'}", "", "| | check | found | to do |"]
    lines += ["|---|---|---|---|"]
    lines += [f"| {marks[c.status]} | {c.name} | {c.found} | {c.fix} |" for c in checks]
    if registered:
        lines += ["", "Federated credentials to register, one a trigger; a pull request needs none:", ""]
        lines += [f"- {trigger}: `{subject}`" for trigger, subject in registered.items()]
    return "\n".join(lines)


def as_result(checks: list[Check], registered: Mapping[str, str]) -> dict[str, Any]:
    """Return the diagnosis as data."""
    missing = [check.name for check in checks if check.status == "missing"]
    return {
        "complete": not missing,
        "missing": missing,
        "checks": [asdict(c) for c in checks],
        "subjects": dict(registered),
    }


def require_complete(checks: list[Check]) -> None:
    """Raise ``NotFound`` when something is missing, naming it with what to do."""
    missing = [f"{check.name} ({check.found}): {check.fix}" for check in checks if check.status == "missing"]
    if missing:
        raise NotFound("the set-up is not complete:\n" + "\n".join(f"  {line}" for line in missing))
