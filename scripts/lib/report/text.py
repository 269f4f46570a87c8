"""Show a judgement where no picture can be: as Markdown for a comment or a job summary, and as text for a terminal."""

from collections.abc import Sequence

from scripts.lib.report.document import Data, Document, Stage
from scripts.lib.report.html import RESULTS
from scripts.lib.report.judgement import importance_change
from scripts.lib.report.judgement_document import Judgement, Rule
from scripts.lib.report.rules import MARKS
from scripts.lib.telling.inert import inert

_BAR = 17
_SIGNS = {"good": "✅", "bad": "❌", "open": "❔"}


def headline_markdown(document: Document) -> str:
    """Return the one line that opens a comment or a summary; names of deployments stand as code."""
    line = document.headline
    names = {one.candidate for one in document.judgements}
    for name in sorted({*names, document.default or "", document.default_before or ""} - {""}, key=len):
        line = line.replace(name, f"`{name}`")
    return f"{_SIGNS[RESULTS[document.result][1]]} {line}"


def report_markdown(document: Document, folded: bool = True) -> str:
    """Return the report for a job summary: the verdict, the rules with their bars, the rest folded.

    A comment shows no HTML that a report brings, so there nothing is ``folded``, and what would be is left out.
    """
    parts = [f"## {document.kind.capitalize()}: `{document.endpoint}`", headline_markdown(document)]
    parts += [judgement_markdown(one, folded) for one in reversed(document.judgements)]
    if document.data:
        parts.append(_data_markdown(document.data))
    if document.stages and folded:
        parts.append(_folded("Stages", _stage_table(document.stages)))
    if document.commands and folded:
        parts.append(_folded("What you can do", "\n\n".join(f"{e.what}:\n\n    {e.value}" for e in document.commands)))
    return "\n\n".join(parts) + "\n"


def judgement_markdown(one: Judgement, folded: bool = True) -> str:
    """Return one candidate's verdict: sentence, metrics side by side, and every rule with a bar of its interval."""
    if one.outcome is None:
        return f"### Gate for `{one.candidate}`: ❌ cannot be judged\n\n{inert(one.sentence, 1000)}"
    lines = [f"### Gate for `{one.candidate}`: {MARKS[one.outcome]} {one.outcome}", "", one.sentence, ""]
    lines += ["| metric | candidate | champion | difference |", "|---|---:|---:|---:|"]
    lines += [f"| {m.title} | {m.candidate} | {m.champion} | {m.difference} |" for m in one.metrics]
    if moved := importance_change(one.importance):
        lines += ["", f"Importance of the columns, by share of the gain. {inert(moved, 400)}"]
    lines += ["", "| | rule | bad … limit … good | number | interval | limit |", "|---|---|---|---:|---:|---:|"]
    for rule in one.rules:
        waived = " (waived)" if rule.waived else ""
        lines.append(
            f"| {MARKS[rule.outcome]} | {inert(rule.rule)}{waived} | `{bar(rule)}` | {rule.number} "
            f"| {rule.interval} | {rule.limit} |"
        )
    told = [f"- {inert(rule.sentence, 1000)}" for rule in one.rules if folded or rule.outcome != "pass"]
    sentences = "\n".join(told)
    return "\n".join([*lines, "", _folded("Every rule in a sentence", sentences) if folded else sentences]).rstrip()


def judgement_text(one: Judgement, width: int = 100) -> str:
    """Return one candidate's rules as a table for a terminal of this width, then the outcome."""
    bars = width >= 95
    rows = [("", "rule", "bad … limit … good" if bars else "", "number", "interval", "limit")]
    for rule in one.rules:
        mark = {"pass": "✓", "fail": "✗", "inconclusive": "?"}[rule.outcome]
        name = rule.rule + (" (waived)" if rule.waived else "")
        rows.append((mark, name, bar(rule) if bars else "", rule.number, rule.interval, rule.limit))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = []
    for row in rows:
        left = [f"{cell:<{size}}" for cell, size in zip(row[:3], widths, strict=False) if size]
        right = [f"{cell:>{size}}" for cell, size in zip(row[3:], widths[3:], strict=True)]
        lines.append("  ".join([*left, *right]).rstrip())
    return "\n".join([*lines, "", f"{one.outcome or 'cannot be judged'}: {one.sentence}"])


def bar(rule: Rule) -> str:
    """Draw a rule's interval in characters: ``│`` the limit, ``●`` the number, ``━`` the interval, ``·`` the rest."""
    picture = rule.picture
    if picture is None:
        return "·" * _BAR

    def cell(place: float) -> int:
        return min(_BAR - 1, max(0, round(place * (_BAR - 1))))

    cells = ["·"] * _BAR
    for place in range(cell(picture.good_from), cell(picture.good_to) + 1):
        cells[place] = "░"
    for place in range(cell(picture.lower), cell(picture.upper) + 1):
        cells[place] = "━"
    cells[cell(picture.number)] = "●"
    for limit in (picture.good_from, *([picture.good_to] if picture.good_to < 1 else [])):
        at = cell(limit)
        cells[at] = {"●": "◉", "━": "┿"}.get(cells[at], "│")
    return "".join(cells)


def _data_markdown(data: Data) -> str:
    lines = [
        f"### Data {'rejected' if data.findings else 'accepted'}",
        "",
        inert(data.description) + f"; {data.rules} rules judged.",
    ]
    for found in data.findings:
        examples = f" ({'; '.join(found.examples)})" if found.examples else ""
        told = f"{found.place}, {found.rule}: {found.expected} Found {found.found}{examples}."
        lines += ["", f"- {inert(told, 1000)}"]
    return "\n".join(lines)


def _stage_table(stages: Sequence[Stage]) -> str:
    lines = ["| stage | seconds | outcome |", "|---|---:|---|"]
    return "\n".join([*lines, *(f"| {s.title} | {s.seconds:.1f} | {inert(s.outcome)} |" for s in stages)])


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"
