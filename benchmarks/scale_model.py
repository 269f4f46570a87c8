"""A model of what preparing and training take, fitted to measurements, and what it says of larger tables and clusters.

Seconds and megabytes of a process: one constant, one figure for each row of its own part, and one for each row of all,
which every process receives (preparing) or the first one keeps (training). The memory of preparing has a bound, so what
was measured of most rows counts.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

ROWS = (10**6, 10**7, 10**8, 10**9)
NODES = (1, 4, 16)
# Standard_DS3_v2, the size in pipelines/compute.yml: cores, memory, and dollars an hour, as assumed here.
CORES, NODE_MB, DOLLARS = 4, 14_000, 0.229
FIGURES = ("cpu_s", "mb")
STEPS = ("prepare", "train")


def told(measured: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the model's error on the largest point, left out, and the table that it makes from all points."""
    points = {step: [one for one in measured if one["step"] == step] for step in STEPS}
    if min(len({(one["rows"], one["processes"]) for one in of_step}) for of_step in points.values()) < 4:
        yield "\nA model needs four measurements or more."
        return
    yield "\nThe model's error on the point with most rows and processes, left out of the fit:"
    for step, of_step in points.items():
        left_out = max(of_step, key=lambda one: (one["rows"], one["processes"]))
        others = [one for one in of_step if one is not left_out]
        seconds, memory = (_applied(_fitted(others, name), left_out) / left_out[name] - 1 for name in FIGURES)
        bound = "" if step == "prepare" else f", {memory:+.0%} in memory"
        yield f"  {step}: {seconds:+.0%} in processor seconds{bound}"
    yield "\nComputed, not measured; processes on all cores of each node, dollars for both steps:\n"
    yield "| rows | nodes | processes | prepare, s | train, s | MB a process | fits a node | dollars |"
    yield "|---|---|---|---|---|---|---|---|"
    models = {(step, name): _fitted(points[step], name) for step in STEPS for name in FIGURES}
    for rows in ROWS:
        for nodes in NODES:
            place = {"rows": rows, "processes": nodes * CORES}
            prepare, train = (_applied(models[step, "cpu_s"], place) for step in STEPS)
            bound = max(one["mb"] for one in points["prepare"])
            memory = max(bound, _applied(models["train", "mb"], place))
            fits = "yes" if memory * CORES <= NODE_MB else "no"
            dollars = (prepare + train) / 3600 * nodes * DOLLARS
            figures = f"{prepare:,.0f} | {train:,.0f} | {memory:,.0f} | {fits} | {dollars:,.3f}"
            yield f"| {rows:,} | {nodes} | {place['processes']} | {figures} |"


def _fitted(points: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    """Return the coefficients, none below 0, that have the least relative errors."""
    from scipy.optimize import nnls

    scale = np.array([one[name] for one in points], float)
    terms = np.array([_terms(one) for one in points])
    found: np.ndarray = nnls(terms / scale[:, None], np.ones(len(points)))[0]
    return found


def _applied(coefficients: np.ndarray, place: dict[str, Any]) -> float:
    return float(coefficients @ _terms(place))


def _terms(place: dict[str, Any]) -> np.ndarray:
    rows, processes = place["rows"], place["processes"]
    return np.array([1.0, rows / processes / 1e6, rows / 1e6 * (processes > 1)])
