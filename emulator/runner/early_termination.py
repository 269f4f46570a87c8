"""Early termination of the trials of a sweep: which of them a policy stops, from the metrics that they have logged."""

from collections.abc import Mapping, Sequence
from statistics import mean, median

from emulator.wire.http import JsonObject

Series = Mapping[str, Sequence[float]]


def to_stop(
    policy: JsonObject, goal: str, series: Series, running: Sequence[str], checked: dict[str, int]
) -> list[str]:
    """Return the names of those ``running`` trials that ``policy`` stops now.

    ``series`` has the values of the primary metric of each trial, in their order; each value is an interval.
    ``checked`` has the interval until which each trial was checked, and is changed.
    """
    sign = 1.0 if goal == "maximize" else -1.0
    signed = {name: [sign * value for value in values] for name, values in series.items() if values}
    every, delay = int(policy.get("evaluation_interval") or 1), int(policy.get("delay_evaluation") or 0)
    found = []
    for name in running:
        count = len(signed.get(name, ()))
        due = [at for at in range(checked.get(name, 0) + 1, count + 1) if at % every == 0 and at > delay]
        checked[name] = count
        if any(_is_worse(policy, signed, name, at) for at in due):
            found.append(name)
    return found


def _is_worse(policy: JsonObject, series: Series, name: str, interval: int) -> bool:
    own = max(series[name][:interval])
    if policy["kind"] == "bandit":
        best = max(max(values[:interval]) for values in series.values())
        if factor := float(policy.get("slack_factor") or 0.0):
            # The documented bound: the best divided by 1 + the factor, or times that if small is good.
            return own < (best / (1 + factor) if best > 0 else best * (1 + factor))
        return own < best - float(policy.get("slack_amount") or 0.0)
    if policy["kind"] == "median_stopping":
        averages = [mean(values[:interval]) for other, values in series.items() if other != name]
        return bool(averages) and own < median(averages)
    at_interval = sorted(max(values[:interval]) for values in series.values() if len(values) >= interval)
    worst = int(len(at_interval) * float(policy.get("truncation_percentage") or 0.0) / 100)
    return worst > 0 and own <= at_interval[worst - 1]
