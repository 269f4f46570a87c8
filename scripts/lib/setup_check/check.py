"""The result of one check; all results as data, as Markdown and as an error."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scripts.lib.errors import NotFound


@dataclass(frozen=True)
class Check:
    """The result of one check: ``status`` is ok or missing; ``fix`` says what to do when it is missing."""

    name: str
    status: str
    found: str
    fix: str = ""


def result(name: str, passed: bool, found: str, fix: str) -> Check:
    """Return the check as ok, or as missing with its fix."""
    return Check(name, "ok", found) if passed else Check(name, "missing", found, fix)


def render(checks: list[Check], registered: Mapping[str, str]) -> str:
    """Return Markdown: one line for each check, then the subjects to register."""
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
    """Return all checks as the result of the command."""
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
