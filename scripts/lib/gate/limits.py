"""The limits that gate.yml gives a metric, held to what the metric is: unknown, senseless or impossible is refused."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scripts.lib.gate.metrics import METRICS, Metric, MetricName
from scripts.lib.gate.predicted import Task


@dataclass(frozen=True)
class MetricLimits:
    """What one metric must keep: absolute limits, and how much of the champion's skill.

    ``margin`` is the loss allowed against the champion, in the metric's own unit; ``keep`` is the share of the
    champion's advantage over no information (a constant score) that must be kept.
    """

    metric: Metric
    floor: float | None = None
    ceiling: float | None = None
    margin: float | None = None
    keep: float | None = None


def limit_faults(
    given: Mapping[MetricName, Mapping[str, float]], available: Mapping[MetricName, Metric], task: Task, place: str
) -> Iterator[str]:
    """Yield what is wrong with the limits ``given`` at ``place`` of the gate file, by metric."""
    for name, limits in given.items():
        if fault := _unknown(name, available, task):
            yield f"`{place}.{name}`: {fault}"
            continue
        for word, value in limits.items():
            if fault := _fault(available[name], word, value):
                yield f"`{place}.{name}.{word}` is {value}: {fault}"


def _unknown(name: MetricName, available: Mapping[MetricName, Metric], task: Task) -> str | None:
    if name in available:
        return None
    others = [other for other, metrics in METRICS.items() if name in metrics]
    start = f"it is a metric of {' and '.join(others)} problems" if others else "there is no such metric"
    return f"{start}; those of this {task} problem are {', '.join(available)}"


def _fault(metric: Metric, word: str, value: float) -> str | None:
    low, high = metric.domain
    if word == "floor" and metric.lower_is_better:
        return f"{metric.title} is better when it is lower, so give it a ceiling"
    if word == "ceiling" and metric.better == "higher":
        return f"{metric.title} is better when it is higher, so give it a floor"
    if word in ("floor", "ceiling"):
        if not low <= value <= high:
            return f"{metric.title} lies {_range(low, high)}"
        if word == "ceiling" and value == low:
            return f"{metric.title} cannot be lower than {low:g}, so nothing could be below this ceiling"
        return None
    if not metric.can_compare:
        return f"{metric.title} is best at one value and worse on both sides of it: give floor and ceiling"
    if word == "margin" and not 0 <= value <= high - low:
        return f"a margin is a loss of 0 or more, and {metric.title} lies {_range(low, high)}"
    if word == "keep":
        if metric.no_information is None:
            return f"{metric.title} has no value for a constant score to compare with; give a margin"
        if not 0 < value < 1:
            return "it is a share, above 0 and below 1"
    return None


def _range(low: float, high: float) -> str:
    if math.isfinite(low) and math.isfinite(high):
        return f"between {low:g} and {high:g}"
    if math.isfinite(low):
        return f"at {low:g} or above"
    return f"at {high:g} or below" if math.isfinite(high) else "anywhere"
