"""The table of the samples: docs/samples.md, written and read back."""

import re
from collections import Counter

from tests import generated
from tests.notebook.runner import REPOSITORY
from tests.samples.outcomes import KINDS, Outcome, Reason, fault_of
from tests.samples.selection import Sample

DOCUMENT = REPOSITORY / "docs" / "samples.md"
PROGRAM = "make samples"
_ROW = re.compile(r"(?m)^\| `([^`]+\.(?:ya?ml|ipynb))` \| (\w+) \| (.*) \|$")


class Poorer(Exception):
    """The table would lose samples."""


def render(outcomes: list[Outcome], known: dict[str, Reason]) -> str:
    """Return the part of the document that a run writes."""
    lines = ["| | samples | completed | refused | failed | of these by our fault |", "|---|---|---|---|---|---|"]
    for title, ending in (("pipelines", ("yml", "yaml")), ("notebooks", ("ipynb",))):
        rows = [each for each in outcomes if each.sample.endswith(ending)]
        counts = Counter(each.kind for each in rows)
        ours = sum(each.kind == "failed" and fault_of(each, known) == "ours" for each in rows)
        cells = [title, len(rows), *(counts[kind] for kind in KINDS), ours]
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    lines += ["", "| sample | outcome | why |", "|---|---|---|"]
    for each in outcomes:
        lines.append(f"| `{each.sample}` | {each.kind} | {_why(each, known)} |")
    return "\n".join(lines)


def _why(outcome: Outcome, known: dict[str, Reason]) -> str:
    if outcome.kind != "failed":
        return outcome.reason.replace("|", "\\|")
    fault = fault_of(outcome, known)
    words = outcome.reason if fault == "ours" else known[outcome.sample].why
    return f"{fault}: {words}".replace("|", "\\|")


def write(text: str) -> None:
    """Put ``text`` in its place in the document."""
    generated.write(DOCUMENT, PROGRAM, text)


def written() -> dict[str, tuple[str, str]]:
    """Read the table back: a sample to what became of it, and why."""
    return {sample: (kind, why) for sample, kind, why in _ROW.findall(generated.written(DOCUMENT, PROGRAM))}


def refuse_poorer(samples: list[Sample]) -> None:
    """Refuse a checkout that has fewer samples than the table.

    Raises:
        Poorer: it has fewer.
    """
    if len(samples) < len(written()):
        raise Poorer(
            f"The checkout has {len(samples)} samples, and {DOCUMENT.name} has {len(written())}; nothing is run."
        )
