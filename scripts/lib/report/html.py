"""Write a report as one HTML file that needs no network: styles and charts stand inside."""

from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.report import column_charts, curve_charts
from scripts.lib.report.document import Document
from scripts.lib.report.judgement import importance_change
from scripts.lib.report.judgement_document import Job, Judgement, Side
from scripts.lib.report.rules import MARKS

if TYPE_CHECKING:
    from jinja2 import Environment

PAGES = Path(__file__).with_name("pages")
RESULTS = {
    "promoted": ("✓", "good"),
    "kept": ("✓", "good"),
    "refused": ("✗", "bad"),
    "rejected": ("✗", "bad"),
    "failed": ("✗", "bad"),
    "inconclusive": ("?", "open"),
}


def report_page(document: Document) -> str:
    """Return the page of a report."""
    return page("report.html.j2", document=document, mark=RESULTS[document.result])


def page(template: str, **values: Any) -> str:
    """Return one of the pages in ``pages/``, filled with values."""
    return _environment().get_template(template).render(**values) + "\n"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {"when": when, "seconds": seconds, "grouped": grouped, "short": short, "inert_code": _code}
    environment.globals |= {
        "charts": curve_charts,
        "columns": column_charts,
        "figures": figures,
        "marks": MARKS,
        "side": side_of,
        "span": span,
    }
    return environment


def when(text: str) -> str:
    """Return a time of the document as people write it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).strftime("%-d %b %Y, %H:%M UTC")


def seconds(value: float | None) -> str:
    """Return a duration in the unit that suits it."""
    if value is None:
        return ""
    if value < 100:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 6000 else f"{value / 3600:.1f} h"


def short(text: str) -> str:
    """Return the beginning of a digest."""
    return f"{text[:19]}…" if text.startswith("sha256:") else text


def grouped(rules: Any) -> list[tuple[str, list[Any]]]:
    """Return the rules by group; first the groups in which a rule is broken or cannot be decided."""
    order = list(dict.fromkeys(rule.group for rule in sorted(rules, key=lambda rule: rule.outcome == "pass")))
    found = sorted(rules, key=lambda rule: order.index(rule.group))
    return [(group, list(members)) for group, members in groupby(found, key=lambda rule: rule.group)]


def side_of(judgement: Judgement, label: str) -> Side | None:
    """Return one side of a judgement, None where it has none."""
    return next((side for side in judgement.sides if side.label == label), None)


def span(jobs: tuple[Job, ...]) -> list[dict[str, Any]]:
    """Return each job with the left end and width of its bar, in percent of the time that all took."""
    timed = [(job, datetime.fromisoformat(job.started)) for job in jobs if job.started]
    if not timed:
        return [{"job": job, "left": 0, "width": 0} for job in jobs]
    first = min(start for _, start in timed)
    starts = {job.name: (start - first).total_seconds() for job, start in timed}
    total = max(starts[job.name] + (job.seconds or 0) for job, _ in timed) or 1.0
    return [
        {
            "job": job,
            "left": round(100 * starts.get(job.name, 0) / total, 2),
            "width": max(0.6, round(100 * (job.seconds or 0) / total, 2)),
        }
        for job in jobs
    ]


def figures(judgement: Judgement) -> list[tuple[str, str, str]]:
    """Return the charts of a judgement: title, what it says, SVG."""
    sides = judgement.sides
    drawn = []
    if judgement.task == "binary":
        drawn = [
            ("ROC", "How well scores rank: the nearer to the upper left corner, the better.", curve_charts.roc(sides)),
            ("Precision and recall", "What share of the called rows is right, by the share of positives found.",
             curve_charts.precision_recall(sides)),
            ("Calibration", "Scores as probabilities: on the diagonal they mean what they say. Bars: 95 % intervals.",
             curve_charts.calibration(sides)),
            ("Scores of the candidate", f"Rows by score; the threshold is {judgement.threshold}.",
             curve_charts.scores(sides[0], judgement.threshold)),
        ]  # fmt: skip
        if champion := side_of(judgement, "champion"):
            said = f"Rows by score; the threshold is {judgement.threshold}."
            drawn.append(("Scores of the champion", said, curve_charts.scores(champion, judgement.threshold)))
    elif judgement.task == "multiclass":
        title = "ROC, each class against all others"
        drawn = [(title, f"Of the {side.label}.", curve_charts.roc([side])) for side in sides]
    elif judgement.task == "regression":
        said = "On the diagonal a prediction is right; darker: more rows."
        drawn = [(f"Predictions of the {side.label}", said, curve_charts.predictions(side)) for side in sides]
        drawn.append(("Residuals", "Predicted less actual.", curve_charts.residuals(sides)))
    if judgement.decision_curve:
        said = "What acting on the scores is worth by row, beside acting on everyone and on no one (0)."
        drawn.append(("Decision curve", said, curve_charts.decision(judgement.decision_curve)))
    if judgement.importance:
        said = (
            f"Share of the gain in the delivered models, by column. {importance_change(judgement.importance)}".rstrip()
        )
        drawn.append(("Importance of the columns", said, column_charts.importance(judgement.importance)))
    return drawn + _forests(judgement)


def _forests(judgement: Judgement) -> list[tuple[str, str, str]]:
    """Return a forest plot for each metric that slices are judged by: as it is, and against the champion."""
    drawn = []
    for kinds, whole, words in (
        (("slice_floor", "slice_ceiling"), ("floor", "ceiling"), ""),
        (("slice_non_inferiority",), ("non_inferiority",), ", candidate less champion"),
    ):
        names = dict.fromkeys(rule.metric for rule in judgement.rules if rule.kind in kinds)
        for metric in names:
            chosen = [rule for rule in judgement.rules if rule.metric == metric and rule.kind in (*whole, *kinds)]
            chosen.sort(key=lambda rule: rule.kind in kinds)
            title = f"{chosen[0].metric_title}{words}"
            said = "Intervals of all rows and of each slice; the tick is the limit."
            drawn.append((f"Slices: {title}", said, column_charts.forest(chosen, title)))
    return drawn


def _code(text: str) -> str:
    return text.replace("\n", " ")
