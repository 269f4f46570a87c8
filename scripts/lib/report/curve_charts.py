"""The charts of what judged rows show: ROC, precision and recall, calibration, scores, decision curve, residuals."""

from collections.abc import Iterable, Sequence

from scripts.lib.gate.decision_curve import CurvePoint
from scripts.lib.report.chart import diagonal, lines, number, side_colour, square, svg
from scripts.lib.report.curves import BinaryCurves, MulticlassCurves, RegressionCurves
from scripts.lib.report.judgement_document import Side


def roc(sides: Iterable[Side]) -> str:
    """Draw the ROC curve of each side, or of each class where there are several."""
    rows = [{"x": x, "y": y, "side": name} for side in sides for name, points in _roc_lines(side) for x, y in points]
    names = list(dict.fromkeys(str(row["side"]) for row in rows))
    spec = {
        **square(),
        "layer": [diagonal(), lines(rows, names, "False positive rate", "True positive rate", domain=[0, 1])],
    }
    return svg(spec, "ROC curve")


def _roc_lines(side: Side) -> Iterable[tuple[str, Sequence[tuple[float, float]]]]:
    if isinstance(side.curves, BinaryCurves):
        yield side.label, side.curves.roc
    elif isinstance(side.curves, MulticlassCurves):
        yield from zip(side.curves.classes, side.curves.roc, strict=True)


def precision_recall(sides: Iterable[Side]) -> str:
    """Draw precision against recall of both sides."""
    rows = [
        {"x": x, "y": y, "side": side.label}
        for side in sides
        if isinstance(side.curves, BinaryCurves)
        for x, y in side.curves.precision_recall
    ]
    names = list(dict.fromkeys(str(row["side"]) for row in rows))
    return svg(
        {**square(), **lines(rows, names, "Recall", "Precision", step=True, domain=[0, 1])}, "Precision against recall"
    )


def calibration(sides: Iterable[Side]) -> str:
    """Draw the share of positives against the mean score, with 95 % intervals."""
    rows = [
        {"x": each.score, "y": each.share, "low": each.lower, "high": each.upper, "side": side.label}
        for side in sides
        if isinstance(side.curves, BinaryCurves)
        for each in side.curves.calibration
    ]
    names = list(dict.fromkeys(str(row["side"]) for row in rows))
    colour = side_colour(names)
    x = number("x", "Mean score", [0, 1])
    bars = {
        "data": {"values": rows},
        "mark": {"type": "rule", "opacity": 0.45, "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": number("low", "Share of positives", [0, 1]),
            "y2": {"field": "high"},
            "color": colour,
        },
    }
    points = {
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 35, "filled": True}},
        "encoding": {"x": x, "y": number("y", "Share of positives", [0, 1]), "color": colour},
    }
    return svg({**square(), "layer": [diagonal(), bars, points]}, "Calibration: share of positives by mean score")


def scores(side: Side, threshold: str) -> str:
    """Draw how many rows of either class have which score; the threshold is a line."""
    curves = side.curves
    if not isinstance(curves, BinaryCurves):
        return ""
    width = 1 / len(curves.positives)
    rows = [
        {"x": place * width, "x2": (place + 1) * width, "rows": counts[place], "class": name}
        for name, counts in (("negative", curves.negatives), ("positive", curves.positives))
        for place in range(len(counts))
    ]
    colour = {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": ["negative", "positive"], "range": ["var(--negative)", "var(--positive)"]},
    }
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {**number("x", "Score", [0, 1]), "bin": {"binned": True, "step": width}},
            "x2": {"field": "x2"},
            "y": {**number("rows", "Rows"), "stack": True},
            "color": colour,
        },
    }
    layers = [bars]
    if threshold:
        mark = {"type": "rule", "color": "var(--ink)", "strokeDash": [4, 3]}
        layers.append(
            {
                "data": {"values": [{"x": float(threshold)}]},
                "mark": mark,
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            }
        )
    return svg({**square(), "layer": layers}, f"Scores of the {side.label} by class")


def decision(points: Sequence[CurvePoint]) -> str:
    """Draw the net benefit of acting on the scores at each threshold."""
    named = [("candidate", "candidate"), ("champion", "champion"), ("everyone", "acting on everyone")]
    rows = [
        {"x": point.threshold, "y": max(value, -0.1), "side": name}
        for key, name in named
        for point in points
        if (value := getattr(point, key)) is not None and value > -0.1
    ]
    names = [name for _, name in named if any(row["side"] == name for row in rows)]
    zero = {
        "data": {"values": [{"y": 0}]},
        "mark": {"type": "rule", "color": "var(--muted)"},
        "encoding": {"y": {"field": "y", "type": "quantitative"}},
    }
    layers = [zero, lines(rows, names, "Threshold", "Net benefit by row")]
    return svg({**square(), "layer": layers}, "Decision curve: net benefit by threshold")


def predictions(side: Side) -> str:
    """Draw predicted against actual values of a regression, as counts on a grid."""
    curves = side.curves
    if not isinstance(curves, RegressionCurves):
        return ""
    edges = curves.edges
    rows = [
        {"x": edges[x], "x2": edges[x + 1], "y": edges[y], "y2": edges[y + 1], "rows": count}
        for x, y, count in curves.grid
    ]
    cells = {
        "data": {"values": rows},
        "mark": {"type": "rect", "color": "var(--candidate)"},
        "encoding": {
            "x": {**number("x", "Actual", [edges[0], edges[-1]])},
            "x2": {"field": "x2"},
            "y": {**number("y", "Predicted", [edges[0], edges[-1]])},
            "y2": {"field": "y2"},
            "opacity": {
                "field": "rows",
                "type": "quantitative",
                "legend": None,
                "scale": {"type": "sqrt", "range": [0.12, 1]},
            },
        },
    }
    return svg({**square(), "layer": [cells, diagonal(edges[0], edges[-1])]}, "Predicted against actual values")


def residuals(sides: Iterable[Side]) -> str:
    """Draw how residuals (predicted less actual) are spread on both sides."""
    rows = [
        {"x": (low + high) / 2, "y": count / (sum(side.curves.residuals) or 1), "side": side.label}
        for side in sides
        if isinstance(side.curves, RegressionCurves)
        for low, high, count in zip(
            side.curves.residual_edges, side.curves.residual_edges[1:], side.curves.residuals, strict=False
        )
    ]
    names = list(dict.fromkeys(str(row["side"]) for row in rows))
    layer = lines(rows, names, "Predicted less actual", "Share of rows")
    layer["mark"]["interpolate"] = "step"
    return svg({**square(), **layer}, "Residuals")
