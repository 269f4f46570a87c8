"""The data of a report: what the validation found, how columns are spread, what differs from the champion's data."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from scripts.lib.data.drift.statistics import distance as distance_of
from scripts.lib.report.document import Data, Distribution, Finding


def data_section(validated: Mapping[str, Any], asset: str = "", champion: Mapping[str, Any] | None = None) -> Data:
    """Return the section for a validation's result; ``champion`` is the section of the report on the champion."""
    other = champion if champion and champion["digest"] != validated["digest"] else None
    theirs = {each["column"]: each for each in (other["distributions"] if other else ())}
    compared = [_compared(each, theirs.get(each["column"])) for each in validated.get("distributions", ())]
    return Data(
        description=validated["data"],
        asset=asset,
        digest=validated["digest"],
        rows=validated["rows"],
        rules=validated["rules"],
        synthetic=validated["synthetic"],
        findings=tuple(_finding(found) for found in validated["findings"]),
        distributions=tuple(sorted(compared, key=lambda each: -(each.distance or 0.0))),
        champion=(other["asset"] or other["digest"][:12]) if other else None,
    )


def _finding(found: Mapping[str, Any]) -> Finding:
    place = f"{found['file']}, column {found['column']}" if found["column"] else found["file"]
    return Finding(place, found["rule"], found["expected"], found["found"], tuple(found["examples"]))


def _compared(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> Distribution:
    counts = ours["counts"]
    shares = _shares(ours, theirs) if theirs else None
    distance = None
    if shares is not None:
        import numpy as np

        # What the champion's data held in none of our places counts too.
        distance = round(distance_of(np.array([*counts, 0.0]), np.array([*shares, max(0.0, 1 - sum(shares))])), 4)
    return Distribution(
        column=ours["column"],
        categories=tuple(ours["categories"]),
        edges=tuple(ours["edges"]),
        counts=tuple(counts),
        missing=ours["missing"],
        champion=shares,
        distance=distance,
    )


def _shares(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return the champion's shares in our bins or categories; None where one has numbers and the other categories."""
    total = sum(theirs["counts"])
    if not total or bool(ours["edges"]) != bool(theirs["edges"]):
        return None
    if not ours["edges"]:
        of_theirs = dict(zip(theirs["categories"], theirs["counts"], strict=True))
        return tuple(round(of_theirs.get(name, 0) / total, 5) for name in ours["categories"])
    below = [_share_below(edge, theirs["edges"], theirs["counts"]) for edge in ours["edges"]]
    below[0], below[-1] = 0.0, 1.0
    return tuple(round(high - low, 5) for low, high in pairwise(below))


def _share_below(value: float, edges: Sequence[float], counts: Sequence[int]) -> float:
    """Return the share below ``value``, as if values lay evenly within each bin."""
    found = 0.0
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        found += count * min(1.0, max(0.0, (value - low) / (high - low)))
    return found / sum(counts)
