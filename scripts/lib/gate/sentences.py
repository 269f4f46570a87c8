"""The plain sentences of a verdict, for a reader who has never seen the gate."""

from collections.abc import Sequence

from scripts.lib.gate.judged import Scored
from scripts.lib.gate.metrics import Metric
from scripts.lib.gate.slice_rules import Slice
from scripts.lib.gate.verdict import Interval, Outcome, RuleVerdict


def percent(share: float) -> str:
    """Write a share in percent, with as many decimals as it has."""
    return f"{round(100 * share, 6):g} %"


def minimum_rows(outcome: Outcome, rows: int, least: int) -> str:
    """Say whether enough rows were judged."""
    if outcome == "pass":
        return f"{rows} rows were judged, enough (at least {least})."
    return f"Only {rows} rows were judged; at least {least} are needed."


def undefined(metric: Metric) -> str:
    """Say that a metric has no value on these rows."""
    if metric.bounds == "plain":
        return f"{metric.title} is not defined: the scores separate the classes without an error."
    return f"{metric.title} is not defined on these rows."


def among(part: Slice | None, rows: int, sentence: str) -> str:
    """Say that a sentence is about a slice."""
    return f"Among {part.name} ({rows} rows): {sentence}" if part else sentence


def rows_needed(outcome: Outcome, rows: int | None) -> str:
    """Say what it would cost to know."""
    if outcome != "inconclusive":
        return ""
    if rows is None:
        return " No number of rows in reach would decide this."
    return f" About {rows} judged rows would decide this, nine times in ten."


def limit(
    outcome: Outcome, metric: Metric, word: str, value: float, interval: Interval, bound: float, confidence: float
) -> str:
    """Say how a metric stands to its floor or ceiling (``word``)."""
    side = "at most" if word == "ceiling" else "at least"
    start = f"{metric.title} is {value:.3f}"
    worst, best = (interval.upper, interval.lower) if word == "ceiling" else (interval.lower, interval.upper)
    certain = f"{percent(confidence)} confidence"
    if outcome == "pass":
        return f"{start}, and {side} {worst:.3f} with {certain}: the {word} of {bound:g} is kept."
    if outcome == "fail":
        return f"{start}, and even the favourable bound {best:.3f} ({certain}) misses the {word} of {bound:g}."
    return (
        f"{start}, but it may be {worst:.3f} or {best:.3f}; these rows cannot tell on which side of the {word} of "
        f"{bound:g} it lies."
    )


def margin(
    outcome: Outcome,
    metric: Metric,
    difference: float,
    interval: Interval,
    bound: float,
    confidence: float,
    other: str,
) -> str:
    """Say how the candidate stands to ``other`` in one metric."""
    lower_is_better = metric.lower_is_better
    worse = difference > 0 if lower_is_better else difference < 0
    comparison = f"{abs(difference):.3f} {'worse' if worse else 'better'} than" if difference else "equal to"
    start = f"The candidate's {metric.title} is {comparison} that of {other}"
    loss = max(0.0, interval.upper if lower_is_better else -interval.lower)
    allowed, certain = f"the margin of {abs(bound):g}", f"with {percent(confidence)} confidence it loses"
    if outcome == "pass":
        return f"{start}; {certain} at most {loss:.3f}, within {allowed}."
    if outcome == "fail":
        return f"{start}; {certain} more than {allowed}."
    return f"{start}, but it may lose up to {loss:.3f}; these rows cannot rule out a loss beyond {allowed}."


def keep(outcome: Outcome, metric: Metric, ours: float, theirs: float, share: float, confidence: float) -> str:
    """Say how much of the champion's advantage over no information the candidate keeps."""
    start = f"In {metric.title}, the champion is {theirs:.3f} better than a constant score, the candidate {ours:.3f}"
    wanted = f"{percent(share)} of the champion's advantage"
    if outcome == "pass":
        return f"{start}; with {percent(confidence)} confidence it keeps {wanted}."
    if outcome == "fail":
        return f"{start}; with {percent(confidence)} confidence it keeps less than {wanted}."
    return f"{start}; these rows cannot tell whether it keeps {wanted}."


def self_report(outcome: Outcome, metric: Metric, reported: float, judged: float, too_good: bool) -> str:
    """Say how a candidate's own metric compares with the judged one."""
    start = f"The candidate reports a {metric.title} of {reported:.3f}; on withheld rows it is {judged:.3f}"
    if outcome == "pass":
        return f"{start}, within the tolerance and sampling error."
    name = "self-report-too-good" if too_good else "self-report-too-bad"
    return f"{start}, and sampling error does not explain that [{name}]."


def overall(
    outcome: Outcome,
    promote: bool,
    rules: Sequence[RuleVerdict],
    candidate: Scored,
    champion: Scored | None,
) -> str:
    """Say what the gate decided and on what ground."""
    against = "by its floors alone (there is no champion yet)"
    if champion is not None:
        against = f"against the champion {champion.deployment}"
    start = f"{candidate.deployment}, judged {against}"
    waived = [rule for rule in rules if rule.waived]
    if outcome == "pass":
        met = f"meets all {len(rules)} rules"
        if waived:
            met = (
                f"meets {len(rules) - len(waived)} of {len(rules)} rules, and is shown to be no worse than the "
                f"champion where {', '.join(rule.rule for rule in waived)} cannot be decided,"
            )
        return f"{start}, {met} and may become the default."
    named = ", ".join(rule.rule for rule in rules if rule.outcome == outcome and not rule.waived)
    if outcome == "fail":
        return f"{start}, breaks {named} and must not become the default."
    if promote:
        return f"{start}, breaks no rule; {named} cannot be decided, and gate.yml lets that pass."
    return f"{start}, breaks no rule, but {named} cannot be decided, and gate.yml blocks what is undecided."
