"""Load gate.yml: the rules of a promotion, reviewed like code and refused by name when they cannot work."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.metrics import LOWER_IS_BETTER, MetricName
from scripts.lib.gate.schema import schema_violation

SCHEMA = Path(__file__).with_name("gate.schema.json")


@dataclass(frozen=True)
class MetricLimits:
    """What one metric must keep: an absolute limit, and a margin against the champion."""

    metric: MetricName
    limit: float | None
    margin: float | None


@dataclass(frozen=True)
class Slice:
    """Rows whose ``column`` lies in [low, high); ``key`` names them in rules, ``name`` in sentences."""

    key: str
    name: str
    column: str
    low: float
    high: float


@dataclass(frozen=True)
class Gate:
    """The rules of a promotion; ``digest`` is that of the file's content, comments and layout apart."""

    threshold: float
    minimum_rows: int
    confidence: float
    inconclusive: str
    metrics: tuple[MetricLimits, ...]
    slice_minimum_rows: int
    slice_floors: Mapping[MetricName, float]
    slices: tuple[Slice, ...]
    resamples: int
    seed: int
    maximum_age_hours: float
    digest: str


def load_gate(path: Path) -> Gate:
    """Read a gate file. Raises BadConfiguration naming the file, the key and the value that cannot work."""
    if not path.is_file():
        raise BadConfiguration(f"There is no gate file at {path}; docs/gate.md says how to write one.")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_OneValueAKey)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is not readable YAML: {error}") from error
    problem = _not_finite(content) or schema_violation(content, SCHEMA) or _bad_slices(content["slices"])
    if problem:
        raise BadConfiguration(f"{path}: {problem}. docs/gate.md lists the keys and their values.")
    return _gate(content)


def _gate(content: Mapping[str, Any]) -> Gate:
    slices = content["slices"]
    return Gate(
        threshold=content["threshold"],
        minimum_rows=content["minimum_rows"],
        confidence=content["confidence"],
        inconclusive=content["inconclusive"],
        metrics=tuple(
            MetricLimits(name, rules.get("ceiling" if name in LOWER_IS_BETTER else "floor"), rules.get("margin"))
            for name, rules in content["metrics"].items()
        ),
        slice_minimum_rows=slices["minimum_rows"],
        slice_floors=slices["floors"],
        slices=(
            *(Slice(f"sex.{name}", name, "sex", code, code + 1) for name, code in slices.get("sex", {}).items()),
            *(_age_band(low, high) for low, high in slices.get("age", [])),
        ),
        resamples=content["bootstrap"]["resamples"],
        seed=content["bootstrap"]["seed"],
        maximum_age_hours=content["evidence"]["maximum_age_hours"],
        digest=content_digest(content),
    )


def _age_band(low: float, high: float) -> Slice:
    return Slice(f"age.{low:g}-{high:g}", f"ages {low:g} to under {high:g}", "age", low, high)


def _bad_slices(slices: Mapping[str, Any]) -> str | None:
    codes = list(slices.get("sex", {}).values())
    if len(set(codes)) < len(codes):
        return f"`slices.sex` is {slices['sex']}: two names share a code"
    end = -math.inf
    for low, high in slices.get("age", []):
        if low >= high:
            return f"`slices.age` holds [{low}, {high}]: a band must end above where it starts"
        if low < end:
            return f"`slices.age` holds [{low}, {high}]: bands must be in order and not overlap"
        end = high
    return None


def _not_finite(content: object) -> str | None:
    """Name the first NaN or infinity, which comparisons would let through."""
    found = (f"`{key}` is {value}: it must be a finite number" for key, value in _infinite(content))
    return next(found, None)


def _infinite(content: object, place: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(content, float) and not math.isfinite(content):
        yield place, content
    members = dict(enumerate(content)) if isinstance(content, list) else content
    for key, member in members.items() if isinstance(members, dict) else ():
        yield from _infinite(member, f"{place}.{key}".lstrip("."))


class _OneValueAKey(yaml.SafeLoader):
    """YAML that refuses a key given twice, where PyYAML keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; raises ConstructorError for a repeated key or one that is not text."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` is not text", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` is given twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)
