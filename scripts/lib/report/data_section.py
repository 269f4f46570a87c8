"""The data of a report: what the validation found, how columns are spread, what differs from the champion's data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scripts.lib.data.distributions import Distribution as Spread
from scripts.lib.report.document import Data, Distribution, Finding


@dataclass(frozen=True)
class ChampionData:
    """The data by which the default was promoted: its name, how its columns are spread, and how far ours are from it.

    ``distances`` has a column's total variation distance, 0 (alike) to 1; it is empty where the two were not compared.
    """

    name: str
    spread: tuple[Spread, ...]
    distances: Mapping[str, float]


def data_section(validated: Mapping[str, Any], asset: str = "", champion: ChampionData | None = None) -> Data:
    """Return the section for a validation's result, beside the champion's data where that is other data."""
    theirs = {each.column: each for each in champion.spread} if champion else {}
    apart = champion.distances if champion else {}
    drawn = [
        _beside(each, theirs.get(each["column"]), apart.get(each["column"]))
        for each in validated.get("distributions", ())
    ]
    return Data(
        description=validated["data"],
        asset=asset,
        digest=validated["digest"],
        rows=validated["rows"],
        rules=validated["rules"],
        synthetic=validated["synthetic"],
        findings=tuple(_finding(found) for found in validated["findings"]),
        distributions=tuple(sorted(drawn, key=lambda each: -(each.distance or 0.0))),
        champion=champion.name if champion else None,
    )


def _finding(found: Mapping[str, Any]) -> Finding:
    place = f"{found['file']}, column {found['column']}" if found["column"] else found["file"]
    return Finding(place, found["rule"], found["expected"], found["found"], tuple(found["examples"]))


def _beside(ours: Mapping[str, Any], theirs: Spread | None, distance: float | None) -> Distribution:
    return Distribution(
        column=ours["column"],
        categories=tuple(ours["categories"]),
        edges=tuple(ours["edges"]),
        counts=tuple(ours["counts"]),
        missing=ours["missing"],
        champion=_shares(ours, theirs) if theirs else None,
        distance=None if distance is None else round(distance, 4),
    )


def _shares(ours: Mapping[str, Any], theirs: Spread) -> tuple[float, ...] | None:
    """Return the champion's shares in our bins or categories; None where one has numbers and the other categories.

    What the champion's data held in none of them is in no share.
    """
    total = sum(theirs.counts)
    if not total or bool(ours["edges"]) != bool(theirs.edges):
        return None
    if not ours["edges"]:
        of_theirs = dict(zip(theirs.categories, theirs.counts, strict=True))
        return tuple(round(of_theirs.get(name, 0) / total, 5) for name in ours["categories"])
    below = [_share_below(edge, theirs.edges, theirs.counts) for edge in ours["edges"]]
    return tuple(round(high - low, 5) for low, high in pairwise(below))


def _share_below(value: float, edges: Sequence[float], counts: Sequence[int]) -> float:
    """Return the share below ``value``, as if values lay evenly within each bin."""
    found = 0.0
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        found += count * min(1.0, max(0.0, (value - low) / (high - low)))
    return found / sum(counts)
