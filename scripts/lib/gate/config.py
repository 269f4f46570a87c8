"""Load gate.yml: the rules of a promotion, reviewed like code and refused by name when they cannot work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.digests import content_digest
from scripts.lib.errors import BadConfiguration
from scripts.lib.gate.limits import MetricLimits, limit_faults
from scripts.lib.gate.metrics import METRICS, Metric, MetricName
from scripts.lib.gate.own_metrics import load_own_metrics, own_metrics_digest
from scripts.lib.gate.predicted import BINARY, Predicted
from scripts.lib.gate.schema import schema_violation
from scripts.lib.gate.slice_rules import NO_SLICES, Columns, SliceRules, slice_faults, slice_limits, slice_rules
from scripts.lib.gate.strict_yaml import read_strict_yaml

SCHEMA = Path(__file__).with_name("gate.schema.json")


@dataclass(frozen=True)
class Judgement:
    """How the line withholds rows: in ``folds`` up to ``hold_out_above`` rows, a share ``hold_out`` beyond.

    ``repeats`` is how many more times, at most, rows in folds are split and judged, to measure what training varies.
    """

    by: str
    folds: int
    hold_out: float
    hold_out_above: int
    refit: bool
    group: str | None
    incomparable: str
    repeats: int = 0


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

    ``available`` holds every metric of the problem's task, and those of its own. ``threshold`` is the one given, or
    the one at which both errors cost the same for a calibrated score; None where there are not two classes.
    ``self_report`` holds how far a candidate's own metrics may lie from the judged ones.
    """

    predicted: Predicted
    available: Mapping[MetricName, Metric]
    judgement: Judgement
    threshold: float | None
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


def load_gate(path: Path, predicted: Predicted = BINARY, columns: Columns | None = None) -> Gate:
    """Read the gate file of a problem that predicts ``predicted`` from a table with ``columns`` (None: not checked).

    ``columns`` maps each to the categories that it may hold, none for any value.

    Raises BadConfiguration naming the file, the key and the value that cannot work.
    """
    if not path.is_file():
        raise BadConfiguration(f"There is no gate file at {path}; docs/gate.md says how to write one.")
    content = read_strict_yaml(path)
    if fault := schema_violation(content, SCHEMA):
        raise _refused(path, fault)
    available = {**METRICS[predicted.task], **load_own_metrics(content.get("own_metrics", {}), path.parent)}
    for fault in _faults(content, available, predicted, columns):
        raise _refused(path, fault)
    return _gate(content, available, predicted, path.parent)


def _refused(path: Path, fault: str) -> BadConfiguration:
    return BadConfiguration(f"{path}: {fault}. docs/gate.md lists the keys and their values.")


def _faults(
    content: Mapping[str, Any],
    available: Mapping[MetricName, Metric],
    predicted: Predicted,
    columns: Columns | None,
) -> Iterator[str]:
    """Yield what the schema cannot tell: it depends on the task, the metric and the table."""
    task, slices, judgement = predicted.task, content.get("slices"), content["judgement"]
    tolerance = content.get("self_report", {}).get("tolerance", {})
    yield from _task_faults(content, predicted)
    yield from limit_faults(content["metrics"], available, task, "metrics")
    margins = {name: {"margin": value} for name, value in tolerance.items()}
    yield from limit_faults(margins, available, task, "self_report.tolerance")
    if slices is not None:
        yield from limit_faults(slice_limits(slices), available, task, "slices")
        yield from slice_faults(slices["by"], columns)
    group = judgement.get("group")
    if group and columns is not None and group not in columns:
        yield f"`judgement.group`: there is no column `{group}`; the table has {', '.join(columns)}"


def _task_faults(content: Mapping[str, Any], predicted: Predicted) -> Iterator[str]:
    parts = {"": content, "slices.": content.get("slices", {})}
    for key in ("threshold", "costs"):
        if key in content and predicted.task != "binary":
            yield f"`{key}`: only a problem of two classes has one, and this is a {predicted.task} problem"
    if predicted.task == "binary" and not {"threshold", "costs"} & set(content):
        yield "there must be a `threshold`, or `costs` of both errors"
    for place, part in parts.items():
        if "minimum_per_class" in part and predicted.task == "regression":
            yield f"`{place}minimum_per_class`: a regression problem has no classes"
        if part and "minimum_per_class" not in part and predicted.task != "regression":
            yield f"'{place}minimum_per_class' is a required property where classes are predicted"


def _gate(
    content: Mapping[str, Any], available: Mapping[MetricName, Metric], predicted: Predicted, folder: Path
) -> Gate:
    costs = Costs(**content["costs"]) if "costs" in content else None
    references = content.get("references")
    own = {"own_metrics_code": own_metrics_digest(folder)} if "own_metrics" in content else {}
    return Gate(
        predicted=predicted,
        available=available,
        judgement=Judgement(**{"group": None, "incomparable": "block"} | content["judgement"]),
        threshold=costs.false_positive / (costs.false_positive + costs.false_negative)
        if costs
        else content.get("threshold"),
        costs=costs,
        minimum_rows=content["minimum_rows"],
        minimum_per_class=content.get("minimum_per_class", 0),
        confidence=content["confidence"],
        inconclusive=content["inconclusive"],
        metrics=tuple(MetricLimits(available[name], **limits) for name, limits in content["metrics"].items()),
        slices=slice_rules(content["slices"], available) if "slices" in content else NO_SLICES,
        references=References(**references) if references else None,
        self_report=content.get("self_report", {}).get("tolerance", {}),
        maximum_age_hours=content["evidence"]["maximum_age_hours"],
        digest=content_digest({**content, **own}),
    )
