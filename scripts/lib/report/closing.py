"""Show what stands last in a terminal: the stages, the verdicts, where everything lies, what can be done next."""

import textwrap
from collections.abc import Sequence

from scripts.lib.report.document import Document, Stage
from scripts.lib.report.judgement_document import Entry, Judgement

_WIDTH = 120


def closing_text(document: Document, width: int = _WIDTH) -> str:
    """Return the end of a command's story, for a terminal of this width.

    Sentences stand one a line, however long. Paths and commands are not broken, so that they can be copied.
    """
    parts = []
    if document.stages:
        parts.append(stage_text(document.stages, width))
    parts.append("\n".join(_told(one) for one in document.judgements))
    parts.append(document.headline)
    if document.places:
        parts.append(f"What lies where\n{_places(document.places, width)}")
    if document.commands:
        listed = (f"  {entry.what}\n    {entry.value}" for entry in document.commands)
        parts.append("What you can do\n" + "\n".join(listed))
    return "\n\n".join(part for part in parts if part)


def stage_text(stages: Sequence[Stage], width: int = _WIDTH) -> str:
    """Return the stages, each with its seconds and its outcome, and the seconds of all."""
    rows = [*((stage.seconds, f"{stage.title} · {stage.outcome}") for stage in stages)]
    rows.append((sum(stage.seconds for stage in stages), "in all"))
    lines = []
    for seconds, text in rows:
        first, *more = textwrap.wrap(text, max(20, width - 11), break_long_words=False, break_on_hyphens=False) or [""]
        lines += [f"{seconds:7.1f} s  {first}", *(f"{'':11}{line}" for line in more)]
    return "\n".join(lines)


def _told(one: Judgement) -> str:
    outcome = {True: "Promoted", False: "NOT promoted", None: "Judged"}[one.promoted]
    challenger = " It is a challenger and was not to be promoted." if one.challenger else ""
    return f"{outcome}: {one.sentence}{challenger}"


def _places(entries: Sequence[Entry], width: int) -> str:
    column = max(len(entry.what) for entry in entries) + 2
    if max(2 + column + len(entry.value) for entry in entries) <= width:
        return "\n".join(f"  {entry.what:<{column}}{entry.value}" for entry in entries)
    return "\n".join(f"  {entry.what}\n    {entry.value}" for entry in entries)
