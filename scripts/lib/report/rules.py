"""The gate's rules as a report shows them: text for numbers, a title, a group, and the picture of the interval."""

from collections.abc import Mapping
from typing import Any

from scripts.lib.report.judgement_document import Picture, Rule

DIFFERENCES = ("non_inferiority", "slice_non_inferiority", "reference", "keep", "self_report", "delivered")
MARKS = {"pass": "✅", "fail": "❌", "inconclusive": "❔"}
GROUPS = {
    "minimum_rows": "Limits on all rows",
    "floor": "Limits on all rows",
    "ceiling": "Limits on all rows",
    "non_inferiority": "Against the champion",
    "keep": "Against the champion",
    "reference": "Against earlier defaults",
    "slice_floor": "Limits in slices",
    "slice_ceiling": "Limits in slices",
    "slice_non_inferiority": "Against the champion, in slices",
    "delivered": "The delivered model against the judged ones",
    "self_report": "What the candidate reports against what was judged",
}


Metrics = Mapping[str, Mapping[str, str]]


def title_of(metric: str | None, metrics: Metrics) -> str:
    """Return the title of a metric among those of the evidence, its name where they have none for it."""
    known = metrics.get(metric or "")
    return known["title"] if known else (metric or "").replace("_", " ")


def shown_rule(rule: Mapping[str, Any], metrics: Metrics) -> Rule:
    """Return a rule of the evidence as it is shown; ``metrics`` are those of the evidence."""
    interval = rule["interval"]
    number, interval_text, limit = _texts(rule)
    return Rule(
        rule=rule["rule"],
        group=GROUPS.get(rule["kind"], rule["kind"].replace("_", " ")),
        title=_title(rule, metrics),
        metric_title=title_of(rule["metric"], metrics),
        kind=rule["kind"],
        outcome=rule["outcome"],
        waived=rule["waived"],
        number=number,
        interval=interval_text,
        limit=limit,
        sentence=rule["sentence"],
        metric=rule["metric"],
        slice=rule["slice"],
        value=rule["number"],
        lower=interval["lower"] if interval else None,
        upper=interval["upper"] if interval else None,
        bound=rule["limit"],
        picture=_picture(rule),
    )


def _title(rule: Mapping[str, Any], metrics: Metrics) -> str:
    if rule["kind"] == "minimum_rows":
        return "Judged rows"
    title = title_of(rule["metric"], metrics)
    if rule["slice"]:
        title += f", {rule['slice']}"
    if rule["kind"] == "keep":
        title += ": advantage kept"
    return title


def _texts(rule: Mapping[str, Any]) -> tuple[str, str, str]:
    if rule["kind"] == "minimum_rows":
        return f"{rule['rows']:,}", "", f"≥ {rule['limit']:,.0f}"
    sign = "+" if rule["kind"] in DIFFERENCES else ""
    number = "-" if rule["number"] is None else f"{rule['number']:{sign}.3f}"
    interval = rule["interval"]
    between = f"{interval['lower']:{sign}.3f} … {interval['upper']:{sign}.3f}" if interval else "-"
    return number, between, f"{_relation(rule)} {rule['limit']:{sign}.3f}".replace("± +", "± ")


def _relation(rule: Mapping[str, Any]) -> str:
    if rule["kind"] == "self_report":
        return "±"
    return "≥" if rule["at_least"] else "≤"


def _picture(rule: Mapping[str, Any]) -> Picture | None:
    """Draw the limit in the middle and its good side to the right, whatever way the metric goes.

    A tolerance on both sides is drawn as a zone around 0. The farthest of number and bounds touches the edge, so that
    the width of the interval can be compared with the distance from the limit.
    """
    number, limit, interval = rule["number"], rule["limit"], rule["interval"]
    if rule["kind"] == "minimum_rows":
        number, interval = float(rule["rows"]), {"lower": rule["rows"], "upper": rule["rows"]}
    if number is None or interval is None:
        return None
    both = _relation(rule) == "±"
    direction = -1 if _relation(rule) == "≤" else 1
    middle = 0.0 if both else limit
    ends = sorted(direction * (value - middle) for value in (interval["lower"], interval["upper"]))
    reach = 1.15 * max(*map(abs, ends), abs(number - middle), abs(limit) if both else 0.0, 1e-9)

    def place(value: float) -> float:
        return float(round(0.5 + 0.5 * value / reach, 4))

    good = (place(-abs(limit)), place(abs(limit))) if both else (0.5, 1.0)
    return Picture(place(direction * (number - middle)), place(ends[0]), place(ends[1]), *good)
