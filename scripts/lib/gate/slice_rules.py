"""Slices as gate.yml describes them: parts of the rows, by a value or a band of any column, with own limits."""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.metrics import Metric, MetricName

# A name for each value, or bands.
Parts = Mapping[str, str | float] | list[tuple[float, float]]
# Each column of the table, and the categories that it may hold; none: any value.
Columns = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Slice:
    """Rows whose ``column`` lies in [low, high), or equals ``value``; ``key`` names them in rules."""

    key: str
    name: str
    column: str
    low: float = math.nan
    high: float = math.nan
    value: str | float | None = None


@dataclass(frozen=True)
class SliceRules:
    """Which slices are judged, by which limits, and from how many rows (and rows of each class) on."""

    minimum_rows: int
    minimum_per_class: int
    limits: tuple[MetricLimits, ...]
    slices: tuple[Slice, ...]


NO_SLICES = SliceRules(1, 0, (), ())


def slice_limits(content: Mapping[str, Any]) -> dict[MetricName, dict[str, float]]:
    """Return the limits of a gate file's ``slices`` by metric."""
    found: dict[MetricName, dict[str, float]] = {}
    for key, word in (("floors", "floor"), ("ceilings", "ceiling"), ("margins", "margin")):
        for name, value in content.get(key, {}).items():
            found.setdefault(name, {})[word] = value
    return found


def slice_rules(content: Mapping[str, Any], available: Mapping[MetricName, Metric]) -> SliceRules:
    """Return the rules that a gate file's ``slices`` describe."""
    return SliceRules(
        minimum_rows=content["minimum_rows"],
        minimum_per_class=content.get("minimum_per_class", 0),
        limits=tuple(MetricLimits(available[name], **limits) for name, limits in slice_limits(content).items()),
        slices=tuple(part for column, parts in content["by"].items() for part in _slices(column, parts)),
    )


def slice_faults(by: Mapping[str, Parts], columns: Columns | None) -> Iterator[str]:
    """Yield what is wrong with the parts by which a gate file forms slices; ``columns`` None is not checked."""
    for column, parts in by.items():
        place = f"`slices.by.{column}`"
        if columns is not None and column not in columns:
            yield f"{place}: there is no column `{column}`; the table has {', '.join(columns)}"
            continue
        categories = columns[column] if columns else ()
        faults = _value_faults(parts, categories) if isinstance(parts, Mapping) else _band_faults(parts, categories)
        yield from (f"{place} {fault}" for fault in faults)


def _value_faults(parts: Mapping[str, str | float], categories: Collection[str]) -> Iterator[str]:
    if len(set(parts.values())) < len(parts):
        yield f"is {parts}: two names share a value"
    for name, value in parts.items():
        if categories and (f"{value:g}" if isinstance(value, (int, float)) else value) not in categories:
            yield f"names {value!r} {name}: the column holds {', '.join(categories)}"


def _band_faults(bands: list[tuple[float, float]], categories: Collection[str]) -> Iterator[str]:
    if categories and not all(_is_number(text) for text in categories):
        yield f"gives bands of numbers: the column holds {', '.join(categories)}"
    end = -math.inf
    for low, high in bands:
        if low >= high:
            yield f"holds [{low}, {high}]: a band must end above where it starts"
        elif low < end:
            yield f"holds [{low}, {high}]: bands must be in order and not overlap"
        end = high


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _slices(column: str, parts: Parts) -> Iterator[Slice]:
    if isinstance(parts, Mapping):
        for name, value in parts.items():
            yield Slice(f"{column}.{name}", name, column, value=value)
        return
    for low, high in parts:
        yield Slice(f"{column}.{low:g}-{high:g}", f"{column} {low:g} to under {high:g}", column, low, high)
