"""The conformance report: docs/conformance.md, written and read back."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import yaml

from tests import generated
from tests.conformance.outcomes import KINDS, Outcome
from tests.conformance.vendor import HERE, REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "conformance.md"
PROGRAM = "make conformance"


def render(outcomes: dict[str, list[Outcome]], pinned: dict[str, str], configs: str, seconds: float) -> str:
    """Write the part of the document that a run regenerates: ``outcomes`` maps a suite to its tests."""
    lines = [
        f"SDK: `{pinned['package']}` {pinned['version']}, sdist SHA-256 `{pinned['sdist_sha256']}`.",
        f"Test configurations: {configs}. Took {seconds:.0f} s.",
        "",
        f"| suite | tests | {' | '.join(KINDS)} |",
        f"|{'---|' * (len(KINDS) + 2)}",
    ]
    for suite, tests in outcomes.items():
        lines.append(_row(suite, tests))
    lines.append(_row("**all**", [test for tests in outcomes.values() for test in tests]))
    everything = [test for tests in outcomes.values() for test in tests]
    if silent := [f"`{short(test.test)}`" for test in everything if test.silent]:
        lines += ["", f"Passed without a request to the workspace, and so say nothing of it: {', '.join(silent)}."]
    if skipped := [f"`{short(test.test)}` ({test.skipped.strip(' .')})" for test in everything if test.skipped]:
        lines += ["", f"Passed, though the vendor skips them for the reason given: {', '.join(skipped)}."]
    lines += _failures(everything)
    lines += _section("Refused as unsupported, by name", "refused", everything)
    lines += _section("Could not run", "could not run", everything)
    return "\n".join(lines)


def _row(suite: str, tests: list[Outcome]) -> str:
    counts = Counter(test.kind for test in tests)
    return f"| {suite} | {len(tests)} | {' | '.join(str(counts[kind]) for kind in KINDS)} |"


def _section(title: str, kind: str, outcomes: list[Outcome]) -> list[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.kind == kind:
            reasons[outcome.reason].append(short(outcome.test))
    lines = ["", f"### {title}", ""]
    if not reasons:
        return [*lines, "None."]
    lines += ["| why | tests |", "|---|---|"]
    for reason, tests in sorted(reasons.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        names = ", ".join(f"`{test}`" for test in sorted(tests)) if len(tests) <= 40 else f"{len(tests)} tests"
        lines.append(f"| {reason.replace('|', chr(92) + '|')} | {names} |")
    return lines


def explained() -> dict[str, str]:
    """Read why each failure that stays does so: the short name of a test to its reason."""
    reasons: dict[str, str] = yaml.safe_load((HERE / "explained.yml").read_text())
    return reasons


def _failures(outcomes: list[Outcome]) -> list[str]:
    failed, reasons = [outcome for outcome in outcomes if outcome.kind == "failed"], explained()
    if not failed:
        return ["", "### Failed", "", "None."]
    lines = ["", "### Failed", "", "| test | error | why it stays |", "|---|---|---|"]
    for outcome in failed:
        cells = (f"`{short(outcome.test)}`", outcome.reason, reasons.get(short(outcome.test), "**not explained**"))
        lines.append(f"| {' | '.join(cell.strip().replace('|', chr(92) + '|') for cell in cells)} |")
    return lines


def unexplained(outcomes: list[Outcome]) -> list[Outcome]:
    """Return the failures for which ``explained.yml`` has no reason."""
    reasons = explained()
    return [outcome for outcome in outcomes if outcome.kind == "failed" and short(outcome.test) not in reasons]


def short(test: str) -> str:
    """Return a test's name without its folder and class: ``test_data.py::test_list``."""
    file, _, rest = test.partition("::")
    return f"{Path(file).name}::{rest.rpartition('::')[2]}" if rest else file


def write(text: str) -> None:
    """Put ``text`` in its place in the document."""
    generated.write(DOCUMENT, PROGRAM, text)


def written_counts() -> dict[str, list[int]]:
    """Read the table back: a suite's numbers of tests, passed, refused, could not run, failed."""
    rows = re.findall(r"^\| (\S.*?) \| (\d+(?: \| \d+)+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    return {suite.strip("*"): [int(number) for number in numbers.split(" | ")] for suite, numbers in rows}
