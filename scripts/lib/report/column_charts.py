"""The charts of slices, columns and time: forest plot, importance, distributions, metrics of the defaults."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.lib.report.chart import OUTCOMES, WIDTH, Spec, number, side_colour, svg
from scripts.lib.report.document import Distribution
from scripts.lib.report.judgement_document import Importance, Rule


def forest(rules: Sequence[Rule], title: str) -> str:
    """Draw numbers with intervals, one rule a line, and each limit; all share one axis."""
    rows = [
        {"name": rule.slice or "all rows", "low": rule.lower, "high": rule.upper, "value": rule.value,
         "bound": rule.bound, "outcome": rule.outcome}
        for rule in rules
        if rule.value is not None
    ]  # fmt: skip
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": {"title": None, "labelColor": "var(--ink)", "labelLimit": 130, "grid": False},
    }
    scale = {"zero": False, "nice": True, "padding": 8}
    colour = {
        "field": "outcome",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(OUTCOMES), "range": list(OUTCOMES.values())},
    }
    x = {"field": "low", "type": "quantitative", "title": title, "scale": scale, "axis": {"tickCount": 5}}
    layers = [
        {"mark": {"type": "tick", "color": "var(--ink)", "thickness": 2, "size": 18},
         "encoding": {"x": {"field": "bound", "type": "quantitative", "scale": scale, "title": title}, "y": y}},
        {"mark": {"type": "rule", "strokeWidth": 2.5},
         "encoding": {"x": x, "x2": {"field": "high"}, "y": y, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
         "encoding": {"x": {"field": "value", "type": "quantitative", "scale": scale}, "y": y, "color": colour}},
    ]  # fmt: skip
    return svg({"width": WIDTH, "height": {"step": 26}, "data": {"values": rows}, "layer": layers}, f"{title} by slice")


def importance(columns: Sequence[Importance]) -> str:
    """Draw the share of each column in the gain of both models."""
    rows = [
        {"column": each.column, "share": share, "side": label}
        for each in columns
        for label in ("candidate", "champion")
        if (share := getattr(each, label)) is not None
    ]
    names = list(dict.fromkeys(str(row["side"]) for row in rows))
    spec = {
        "width": WIDTH,
        "height": {"step": 9 if len(names) > 1 else 16},
        "data": {"values": rows},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {"field": "column", "type": "nominal", "sort": [each.column for each in columns],
                  "axis": {"title": None, "labelColor": "var(--ink)", "grid": False, "labelLimit": 130}},
            "yOffset": {"field": "side", "sort": names},
            "x": {**number("share", "Share of the gain"), "axis": {"format": ".0%", "tickCount": 4}},
            "color": side_colour(names),
        },
    }  # fmt: skip
    return svg(spec, "Importance of each column to both models")


def distribution(column: Distribution) -> str:
    """Draw how a column's values are spread, and the champion's data as a line, or as a tick for each category."""
    total = sum(column.counts) or 1
    theirs = column.champion or (None,) * len(column.counts)
    shares = [count / total for count in column.counts]
    share: Spec = {"type": "quantitative", "axis": {"format": ".0%", "tickCount": 3, "title": None}}
    bar: Spec = {"type": "bar", "color": "var(--candidate)", "opacity": 0.75}
    rows: list[Spec]
    if column.edges:
        step = column.edges[1] - column.edges[0]
        rows = [
            {"x": low, "x2": low + step, "y": ours, "other": other, "middle": low + step / 2}
            for low, ours, other in zip(column.edges, shares, theirs, strict=False)
        ]
        ends = [column.edges[0], column.edges[len(column.edges) // 2], column.edges[-1]]
        axis: Spec = {"title": None, "values": ends, "grid": False}
        x: Spec = {"field": "x", "type": "quantitative", "axis": axis}
        binned = {"x": {**x, "bin": {"binned": True, "step": step}}, "x2": {"field": "x2"}}
        bars: Spec = {"mark": {**bar, "binSpacing": 1}, "encoding": {**binned, "y": {"field": "y", **share}}}
        mark: Spec = {"type": "line", "interpolate": "step", "color": "var(--champion)", "strokeWidth": 2}
        place: Spec = {"field": "middle", "type": "quantitative"}
    else:
        rows = [
            {"x": name, "y": ours, "other": other}
            for name, ours, other in zip(column.categories, shares, theirs, strict=True)
        ]
        axis = {"title": None, "labelAngle": 0 if len(rows) < 6 else -40, "labelLimit": 60, "grid": False}
        place = {"field": "x", "type": "nominal", "sort": None, "axis": axis}
        bars = {"mark": bar, "encoding": {"x": place, "y": {"field": "y", **share}}}
        width = 0.8 * 200 / max(len(rows), 1)
        mark = {"type": "tick", "color": "var(--champion)", "thickness": 2.5, "width": width}
    layers = [bars]
    if column.champion:
        layers.append({"mark": mark, "encoding": {"x": place, "y": {"field": "other", **share}}})
    spec = {"width": 200, "height": 90, "data": {"values": rows}, "layer": layers}
    return svg(spec, f"Distribution of {column.column}")


def timeline(points: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Draw a metric of each default over time; each point has ``at``, ``value`` and ``default``."""
    spec = {
        "width": WIDTH,
        "height": 160,
        "data": {"values": list(points)},
        "mark": {
            "type": "line",
            "interpolate": "step-after",
            "color": "var(--candidate)",
            "point": {"size": 60, "color": "var(--candidate)"},
        },
        "encoding": {
            "x": {"field": "at", "type": "temporal", "title": None, "axis": {"grid": False, "tickCount": 4}},
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "scale": {"zero": False, "padding": 12},
                "axis": {"tickCount": 5},
            },
        },
    }
    return svg(spec, f"{metric} of the defaults over time")
