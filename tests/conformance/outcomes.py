"""What became of each of the vendor's tests, from the plugin's records: passed, refused, could not run, failed."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

KINDS = ("passed", "refused", "could not run", "failed")
_REFUSAL = re.compile(r'"code": "NotSupported", "message": "(.*?) is not supported by the embedded workspace')
_UNKNOWN = re.compile(r'"(?:message)": "(?:No operation|The resource type could not be found:) (\w+) (\S+?)\.?"')
_CONFIG = re.compile(r"tests/(?:test_configs|smoke_serialization)/[\w./-]*\w")
_ABSENT = ("No such file", "does not exist", "do not exist", "FileNotFoundError", "Can't find", "not found")
_NAMES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Outcome:
    """One test: its name, what became of it, why where it did not pass, whether it passed without a request.

    ``skipped`` is why the vendor does not run it, where it passed all the same.
    """

    test: str
    kind: str
    reason: str = ""
    silent: bool = False
    skipped: str = ""


def classify(record: dict[str, Any], project: Path) -> Outcome:
    """Judge one record of the plugin.

    A failure counts as a refusal only if the last error answer of the workspace was one and the test's own
    error repeats it; as not run only if a file it names is absent from ``project``. A test that the vendor skips is run
    as well, but counts only if it passes: nobody says that it would against the service.
    """
    outcome = _classify(record, project)
    if not (skipped := record.get("skipped")):
        return outcome
    if outcome.kind == "passed":
        return replace(outcome, skipped=skipped)
    here = f"refused: {outcome.reason}" if outcome.kind == "refused" else outcome.reason
    return Outcome(outcome.test, "could not run", f"the vendor skips it: {skipped} (Here: {here})")


def _classify(record: dict[str, Any], project: Path) -> Outcome:
    test, error = record["test"], record["error"].strip().replace(f"{project}/", "")
    if record["outcome"] == "passed":
        return Outcome(test, "passed", silent=not record["requests"])
    if record["outcome"] == "skipped":
        return Outcome(test, "could not run", f"the vendor skips it: {error.removeprefix('Skipped: ')}")
    if refusal := _refusal(record):
        return Outcome(test, "refused", refusal)
    if absent := _absent_config(record["error"] + "\n" + record["story"], project):
        return Outcome(test, "could not run", f"no {absent}")
    if "ImportError" in error or "ModuleNotFoundError" in error:
        return Outcome(test, "could not run", first_line(error))
    return Outcome(test, "failed", first_line(error))


def _refusal(record: dict[str, Any]) -> str:
    if not record["answers"]:
        return ""
    _, _, body = record["answers"][-1]
    if (found := _REFUSAL.search(body)) and "NotSupported" in record["error"]:
        return refused_thing(found[1])
    if (found := _UNKNOWN.search(body)) and found[2][:40] in record["error"]:
        return unknown_operation(found[1], found[2])
    return ""


def refused_thing(words: str) -> str:
    """Name what was refused, without the names that a test gave to things."""
    if words.startswith("Reading or writing"):
        return "Reading or writing a place outside of the workspace's datastores"
    return _NAMES.sub("", words).strip()


def unknown_operation(method: str, path: str) -> str:
    """Name an operation that the workspace does not have, without the names of resources."""
    if path.startswith("/registrymanagement/"):
        return "Registries"
    return f"{method} …/{path.partition('/providers/')[2] or path.lstrip('/')}"


def _absent_config(text: str, project: Path) -> str:
    if not any(sign in text for sign in _ABSENT):
        return ""
    for named in _CONFIG.findall(text):
        if not (project / named).exists():
            return named
    return ""


def first_line(error: str) -> str:
    """Return the first line of an error that says something, at most 160 characters of it."""
    lines = (re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in error.splitlines())
    line = next((line for line in lines if line), "no message")
    return line if len(line) <= 160 else line[:159] + "…"
