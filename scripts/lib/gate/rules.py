"""What every rule shares: the outcome of an interval against a limit, and the side of the limit that is good."""

from collections.abc import Iterable

from scripts.lib.gate.metrics import Metric
from scripts.lib.gate.verdict import Interval, Outcome


def outcome_of(interval: Interval, limit: float, *, at_least: bool) -> Outcome:
    """Pass when the whole interval keeps the limit, fail when the whole interval breaks it."""
    lower, upper = interval.lower, interval.upper
    if not at_least:
        lower, upper, limit = -upper, -lower, -limit
    if lower >= limit:
        return "pass"
    return "fail" if upper < limit else "inconclusive"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what follows for the whole from the outcomes of its parts."""
    found = set(outcomes)
    if "fail" in found:
        return "fail"
    return "inconclusive" if "inconclusive" in found else "pass"


def better(metric: Metric, first: float, second: float) -> bool:
    """Say whether ``first`` is the better value of ``metric``."""
    return first < second if metric.lower_is_better else first > second
