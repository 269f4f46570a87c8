"""The plain sentences of a verdict, for a reader who has never seen the gate."""

from collections.abc import Sequence

from scripts.lib.gate.metrics import LOWER_IS_BETTER, TITLES, MetricName
from scripts.lib.gate.reading import Evaluation
from scripts.lib.gate.verdict import Interval, Outcome, RuleVerdict


def minimum_rows(outcome: Outcome, rows: int, least: int) -> str:
    """Say whether enough rows were judged."""
    if outcome == "pass":
        return f"{rows} rows were judged, enough (at least {least})."
    return f"Only {rows} rows were judged; at least {least} are needed."


def limit(
    outcome: Outcome, metric: MetricName, value: float, interval: Interval, bound: float, confidence: float
) -> str:
    """Say how a metric stands to its floor or ceiling."""
    lower_is_better = metric in LOWER_IS_BETTER
    word, side = ("ceiling", "at most") if lower_is_better else ("floor", "at least")
    start = f"{TITLES[metric]} is {value:.3f}"
    worst, best = (interval.upper, interval.lower) if lower_is_better else (interval.lower, interval.upper)
    if outcome == "pass":
        return f"{start}, and {side} {worst:.3f} with {confidence:.0%} confidence: the {word} of {bound:.3f} is kept."
    if outcome == "fail":
        return (
            f"{start}, and even the favourable bound {best:.3f} ({confidence:.0%} confidence) misses the "
            f"{word} of {bound:.3f}."
        )
    return (
        f"{start}, but it may be as poor as {worst:.3f} or as good as {best:.3f}; these rows cannot tell on "
        f"which side of the {word} of {bound:.3f} it lies."
    )


def margin(
    outcome: Outcome,
    metric: MetricName,
    difference: float,
    interval: Interval,
    bound: float,
    confidence: float,
) -> str:
    """Say how the candidate stands to the champion in one metric."""
    lower_is_better = metric in LOWER_IS_BETTER
    worse = difference > 0 if lower_is_better else difference < 0
    comparison = f"{abs(difference):.3f} {'worse' if worse else 'better'} than" if difference else "equal to"
    start = f"The candidate's {TITLES[metric]} is {comparison} the champion's"
    loss = max(0.0, interval.upper if lower_is_better else -interval.lower)
    allowed = abs(bound)
    if outcome == "pass":
        return (
            f"{start}; with {confidence:.0%} confidence it loses at most {loss:.3f}, within the margin of "
            f"{allowed:.3f}."
        )
    if outcome == "fail":
        return f"{start}; with {confidence:.0%} confidence it loses more than the margin of {allowed:.3f}."
    return (
        f"{start}, but it may lose up to {loss:.3f}; these rows cannot rule out a loss beyond the margin of "
        f"{allowed:.3f}."
    )


def slice_too_small(name: str, rows: int, rarer_class: int, least: int) -> str:
    """Say why a slice was not judged."""
    if rows < least:
        return f"Only {rows} rows are {name}; at least {least} are needed to judge them."
    return f"Among {name} ({rows} rows), one class has {rarer_class} rows; two are needed to judge them."


def overall(
    outcome: Outcome,
    promote: bool,
    rules: Sequence[RuleVerdict],
    candidate: Evaluation,
    champion: Evaluation | None,
) -> str:
    """Say what the gate decided and on what ground."""
    against = "by its floors alone (there is no champion yet)"
    if champion is not None:
        against = f"against the champion {champion.run.deployment}"
    start = f"{candidate.run.deployment}, judged {against}"
    if outcome == "pass":
        return f"{start}, meets all {len(rules)} rules and may become the default."
    named = ", ".join(rule.rule for rule in rules if rule.outcome == outcome)
    if outcome == "fail":
        return f"{start}, breaks {named} and must not become the default."
    if promote:
        return f"{start}, breaks no rule; {named} cannot be decided, and gate.yml lets that pass."
    return f"{start}, breaks no rule, but {named} cannot be decided, and gate.yml blocks what is undecided."
