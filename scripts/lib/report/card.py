"""Write the card of a promoted model in Markdown, under the usual headings, from its evidence and report alone.

Headings: Mitchell et al., "Model Cards for Model Reporting", FAT* 2019.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.lib.report.rules import MARKS, Metrics, shown_rule, title_of
from scripts.lib.telling.inert import inert


def model_card(evidence: Mapping[str, Any], report: Mapping[str, Any] | None = None) -> str:
    """Return the card of the evidence's candidate; ``report`` adds what is known of the data beyond its digest."""
    candidate, champion = evidence["candidate"], evidence["champion"] or {}
    made, verdict = candidate["delivered"], evidence["verdict"]
    data = (report or {}).get("data") or {}
    lines = [
        f"# Model card: `{candidate['deployment']}`",
        "",
        "## Model details",
        "",
        *_table(
            ("Endpoint", f"`{evidence['endpoint']}`"),
            ("Deployment", f"`{candidate['deployment']}`"),
            ("Trained by job", f"`{made['job']}`"),
            ("Model", f"`{made['model_digest']}`"),
            ("Transformations", f"`{made['transformations_digest']}`"),
            ("Deployment's content", f"`{candidate['content_digest']}`"),
            ("Environment", f"`{evidence['environment']}`"),
            ("Commit", f"`{evidence['git_commit'] or 'outside a repository'}`"),
            ("Judged", evidence["created"]),
        ),
        "",
        "## Metrics",
        "",
        f"Measured on {verdict['rows']:,} rows that the judged models had not seen, each bound with "
        f"{round(100 * evidence['gate']['confidence'], 6):g} % confidence.",
        "",
        "| metric | this model | the champion it replaced |",
        "|---|---:|---:|",
        *_metrics(candidate["metrics"], champion.get("metrics") or {}, verdict["metrics"]),
        "",
        "## Quantitative analyses",
        "",
        inert(verdict["sentence"], 1000),
        "",
        "| | rule | number | interval | limit |",
        "|---|---|---:|---:|---:|",
        *_rules(verdict["rules"], verdict["metrics"]),
        "",
        "## Evaluation data",
        "",
        *_table(
            ("Data asset", f"`{evidence['data']['name']}:{evidence['data']['version']}`"),
            ("Content", f"`{evidence['data']['digest']}`"),
            ("Withheld", _withheld(evidence)),
            *((("Description", inert(data["description"])), ("Rows", f"{data['rows']:,}")) if data else ()),
        ),
        "",
        "## Training data",
        "",
        "The same data asset; the rows on which a model was judged were withheld from it. The delivered model "
        + ("has seen every row." if verdict["protocol"] == "cross_fitted" else "is the judged one."),
        "",
        "## Intended use, factors, ethical considerations, caveats",
        "",
        "The evidence says nothing about these beyond the slices above.",
        "",
        "## Evidence",
        "",
        f"`{evidence['digest']}`",
    ]
    return "\n".join(lines) + "\n"


def _table(*rows: tuple[str, str]) -> Iterator[str]:
    yield from ("| | |", "|---|---|")
    yield from (f"| {what} | {value} |" for what, value in rows)


def _metrics(ours: Mapping[str, float], theirs: Mapping[str, float], metrics: Metrics) -> Iterator[str]:
    for name in ours:
        other = f"{theirs[name]:.4f}" if name in theirs else "-"
        yield f"| {title_of(name, metrics)} | {ours[name]:.4f} | {other} |"


def _rules(rules: list[Mapping[str, Any]], metrics: Metrics) -> Iterator[str]:
    for rule in (shown_rule(rule, metrics) for rule in rules):
        yield f"| {MARKS[rule.outcome]} | {inert(rule.rule)} | {rule.number} | {rule.interval} | {rule.limit} |"


def _withheld(evidence: Mapping[str, Any]) -> str:
    if evidence["verdict"]["protocol"] == "cross_fitted":
        return f"each row once, in {evidence['split']['folds']} folds"
    return "once, as a hold-out"
