"""Draw a chart as SVG by Vega-Lite; colours are the page's CSS variables, so that it follows the page's theme."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Spec = dict[str, Any]
WIDTH, HEIGHT = 300, 220
COLOURS = {"candidate": "var(--candidate)", "champion": "var(--champion)"}
OUTCOMES = {"pass": "var(--good)", "fail": "var(--bad)", "inconclusive": "var(--open)"}
_CONFIG: Spec = {
    "aria": False,
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    # A browser's font can be wider than the one by which the labels were measured.
    "padding": {"left": 16, "right": 10, "top": 5, "bottom": 5},
    "axis": {
        "labelFlush": False,
        "labelOverlap": "greedy",
        "labelSeparation": 4,
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "titleFontWeight": "normal",
        "gridColor": "var(--grid)",
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "labelFontSize": 11,
        "titleFontSize": 11,
    },
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": "var(--ink)",
        "labelFontSize": 11,
        "symbolStrokeWidth": 3,
        "offset": 4,
    },
    "header": {"labelColor": "var(--ink)", "title": None},
    "text": {"color": "var(--ink)"},
}


def svg(spec: Spec, label: str) -> str:
    """Draw a Vega-Lite chart; ``label`` says in words what it shows, for those who do not see it."""
    import vl_convert

    full = {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": _CONFIG, **spec}
    drawn: str = vl_convert.vegalite_to_svg(full)
    head = f'<svg role="img" aria-label="{escape(label)}" '
    drawn = re.sub(r'^<svg (.*?) width="([\d.]+)" height="[\d.]+"', rf'{head}\1 style="max-width:\2px"', drawn)
    head, _, rest = drawn.partition(">")
    rest = re.sub(r' (?:role|aria-\w+)="[^"]*"', "", rest)  # the whole is one image, whatever it is made of
    return head + ">" + re.sub(r'="[^"]*"', _shortened, rest)


def _shortened(attribute: re.Match[str]) -> str:
    """Return an attribute with coordinates of two decimals, which no eye can tell from more."""
    return re.sub(r"(\d\.\d{2})\d+", r"\1", attribute[0])


def square() -> Spec:
    """Return the size of a chart of curves."""
    return {"width": WIDTH, "height": HEIGHT}


def number(field: str, title: str, domain: list[float] | None = None) -> Spec:
    """Return the encoding of a field of numbers."""
    scale: Spec = {"scale": {"domain": domain}} if domain else {}
    return {"field": field, "type": "quantitative", "title": title, "axis": {"tickCount": 5}, **scale}


def side_colour(names: Sequence[str]) -> Spec:
    """Return the colours of candidate and champion, or of whatever the lines are named."""
    others = ["var(--muted)", "var(--positive)", "var(--good)", "var(--open)", "var(--bad)"]
    if names and names[0] not in COLOURS:
        others = ["var(--candidate)", "var(--champion)", *others]
    spare = iter(others * (1 + len(names) // len(others)))
    colours = [COLOURS[name] if name in COLOURS else next(spare) for name in names]
    return {"field": "side", "type": "nominal", "scale": {"domain": list(names), "range": colours}}


def diagonal(low: float = 0, high: float = 1) -> Spec:
    """Return a faint line from the lower left to the upper right."""
    mark = {"type": "line", "color": "var(--muted)", "strokeDash": [3, 3], "strokeWidth": 1}
    encoding = {axis: {"field": axis, "type": "quantitative"} for axis in "xy"}
    return {"data": {"values": [{"x": low, "y": low}, {"x": high, "y": high}]}, "mark": mark, "encoding": encoding}


def lines(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    x_title: str,
    y_title: str,
    step: bool = False,
    domain: list[float] | None = None,
) -> Spec:
    """Return one line for each name; the champion's is dashed, so that colour is not all that tells them apart."""
    mark: Spec = {"type": "line", "strokeWidth": 2.2}
    if step:
        mark["interpolate"] = "step-after"
    dashes = {"domain": list(names), "range": [[5, 3] if name == "champion" else [1, 0] for name in names]}
    return {
        "data": {"values": list(rows)},
        "mark": mark,
        "encoding": {
            "x": {**number("x", x_title, domain)},
            "y": {**number("y", y_title, domain)},
            "color": side_colour(names),
            "strokeDash": {"field": "side", "type": "nominal", "scale": dashes},
            "order": None,
        },
    }
