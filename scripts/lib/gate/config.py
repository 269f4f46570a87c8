"""Load gate.yml: the rules of a promotion, reviewed like code and refused by name when they cannot work."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.metrics import MetricName
from scripts.lib.gate.schema import schema_violation

SCHEMA = Path(__file__).with_name("gate.schema.json")


@dataclass(frozen=True)
class MetricLimits:
    """What one metric must keep: absolute limits, and how much of the champion's skill.

    ``margin`` is the loss allowed against the champion, in the metric's own unit; ``keep`` is the share of the
    champion's advantage over no information (a constant score) that must be kept.
    """

    metric: MetricName
    floor: float | None = None
    ceiling: float | None = None
    margin: float | None = None
    keep: float | None = None


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
    """Which slices are judged, by which floors and margins, and from how many rows on."""

    minimum_rows: int
    minimum_per_class: int
    limits: tuple[MetricLimits, ...]
    slices: tuple[Slice, ...]


@dataclass(frozen=True)
class Judgement:
    """How the line withholds rows: in ``folds`` up to ``hold_out_above`` rows, a share ``hold_out`` beyond."""

    by: str
    folds: int
    hold_out: float
    hold_out_above: int
    refit: bool
    group: str | None
    incomparable: str


@dataclass(frozen=True)
class References:
    """Judge against the best of the ``last`` promoted too, by each margin times ``margin_share``."""

    last: int
    margin_share: float


@dataclass(frozen=True)
class Costs:
    """What a wrong answer costs, in any unit."""

    false_positive: float
    false_negative: float


@dataclass(frozen=True)
class Gate:
    """The rules of a promotion; ``digest`` is that of the file's content, comments and layout apart.

    ``threshold`` is the one given, or the one at which both errors cost the same for a calibrated score.
    ``self_report`` holds how far a candidate's own metrics may lie from the judged ones.
    """

    judgement: Judgement
    threshold: float
    costs: Costs | None
    minimum_rows: int
    minimum_per_class: int
    confidence: float
    inconclusive: str
    metrics: tuple[MetricLimits, ...]
    slices: SliceRules
    references: References | None
    self_report: Mapping[MetricName, float]
    maximum_age_hours: float
    digest: str

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """Return the columns by which slices are formed, each once."""
        return tuple(dict.fromkeys(part.column for part in self.slices.slices))


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
    costs = Costs(**content["costs"]) if "costs" in content else None
    references = content.get("references")
    judgement = content["judgement"]
    return Gate(
        judgement=Judgement(**{"group": None, "incomparable": "block"} | judgement),
        threshold=costs.false_positive / (costs.false_positive + costs.false_negative)
        if costs
        else content["threshold"],
        costs=costs,
        minimum_rows=content["minimum_rows"],
        minimum_per_class=content["minimum_per_class"],
        confidence=content["confidence"],
        inconclusive=content["inconclusive"],
        metrics=tuple(MetricLimits(name, **limits) for name, limits in content["metrics"].items()),
        slices=_slice_rules(content["slices"]),
        references=References(**references) if references else None,
        self_report=content["self_report"]["tolerance"],
        maximum_age_hours=content["evidence"]["maximum_age_hours"],
        digest=content_digest(content),
    )


def _slice_rules(content: Mapping[str, Any]) -> SliceRules:
    floors, margins = content["floors"], content.get("margins", {})
    return SliceRules(
        minimum_rows=content["minimum_rows"],
        minimum_per_class=content["minimum_per_class"],
        limits=tuple(
            MetricLimits(name, floor=floors.get(name), margin=margins.get(name)) for name in {**floors, **margins}
        ),
        slices=tuple(part for column, parts in content["by"].items() for part in _slices(column, parts)),
    )


def _slices(column: str, parts: dict[str, str | float] | list[tuple[float, float]]) -> Iterator[Slice]:
    if isinstance(parts, dict):
        for name, value in parts.items():
            yield Slice(f"{column}.{name}", name, column, value=value)
        return
    for band in parts:
        low, high = band
        yield Slice(f"{column}.{low:g}-{high:g}", f"{column} {low:g} to under {high:g}", column, low, high)


def _bad_slices(slices: Mapping[str, Any]) -> str | None:
    for column, parts in slices["by"].items():
        if isinstance(parts, dict):
            values = list(parts.values())
            if len(set(values)) < len(values):
                return f"`slices.by.{column}` is {parts}: two names share a value"
            continue
        end = -math.inf
        for low, high in parts:
            if low >= high:
                return f"`slices.by.{column}` holds [{low}, {high}]: a band must end above where it starts"
            if low < end:
                return f"`slices.by.{column}` holds [{low}, {high}]: bands must be in order and not overlap"
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
