"""Show a verdict: Markdown for the job summary, a short table for the console."""

from scripts.lib.gate.verdict import RuleVerdict, Verdict

DIFFERENCES = ("non_inferiority", "slice_non_inferiority", "reference", "keep", "self_report", "delivered")
MARKS = {"pass": "✅", "fail": "❌", "inconclusive": "❔"}


def verdict_markdown(verdict: Verdict, title: str = "Gate") -> str:
    """Return Markdown: the outcome, both models' metrics, every rule with its sentence."""
    lines = [f"### {title}: {MARKS[verdict.outcome]} {verdict.outcome}", "", verdict.sentence, ""]
    lines += ["| metric | candidate | champion |", "|---|---:|---:|"]
    for name, value in verdict.candidate_metrics.items():
        of_champion = (verdict.champion_metrics or {}).get(name)
        champion = "-" if of_champion is None else f"{of_champion:.4f}"
        lines.append(f"| {verdict.titles[name]} | {value:.4f} | {champion} |")
    lines += ["", "| rule | | number | interval | limit | in words |", "|---|---|---:|---:|---:|---|"]
    lines += [f"| {' | '.join(_cells(rule))} | {rule.sentence} |" for rule in verdict.rules]
    return "\n".join(lines) + "\n"


def verdict_table(verdict: Verdict) -> str:
    """Return a table for a terminal: one line for each rule, then the outcome."""
    rows = [("rule", "", "number", "interval", "limit"), *(_cells(rule) for rule in verdict.rules)]
    rows = [(row[0], row[1].partition(" ")[2], *row[2:]) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True))
        for row in rows
    ]
    return "\n".join([*(line.rstrip() for line in lines), "", f"{verdict.outcome}: {verdict.sentence}"])


def _cells(rule: RuleVerdict) -> tuple[str, str, str, str, str]:
    mark = f"{MARKS[rule.outcome]} {rule.outcome}{' (waived)' if rule.waived else ''}"
    if rule.kind == "minimum_rows":
        return rule.rule, mark, f"{rule.rows}", "", f"≥ {rule.limit:.0f}"
    sign = "+" if rule.kind in DIFFERENCES else ""
    number = "-" if rule.number is None else f"{rule.number:{sign}.3f}"
    interval = "-" if rule.interval is None else f"{rule.interval.lower:{sign}.3f} … {rule.interval.upper:{sign}.3f}"
    return rule.rule, mark, number, interval, f"{_relation(rule)} {rule.limit:{sign}.3f}"


def _relation(rule: RuleVerdict) -> str:
    if rule.kind == "self_report":
        return "±"
    return "≥" if rule.at_least else "≤"
