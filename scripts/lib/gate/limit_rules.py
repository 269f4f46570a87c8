"""The absolute rules: enough rows, and every metric's floor and ceiling, on all rows or in a slice."""

from collections.abc import Iterator, Mapping

from scripts.lib.gate import sentences
from scripts.lib.gate.bounds import metric_bounds, rows_to_decide
from scripts.lib.gate.config import Gate
from scripts.lib.gate.enough import rows_for_enough, too_few
from scripts.lib.gate.estimates import Estimate, Sample
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.metrics import Metric, MetricName
from scripts.lib.gate.rules import outcome_of
from scripts.lib.gate.slice_rules import Slice
from scripts.lib.gate.verdict import Kind, Outcome, RuleVerdict

Estimates = Mapping[MetricName, Estimate]
_KINDS: dict[tuple[str, bool], Kind] = {
    ("floor", False): "floor",
    ("ceiling", False): "ceiling",
    ("floor", True): "slice_floor",
    ("ceiling", True): "slice_ceiling",
}


def row_rule(rows: int, gate: Gate) -> RuleVerdict:
    """Judge whether there are enough rows."""
    outcome: Outcome = "pass" if rows >= gate.minimum_rows else "fail"
    sentence = sentences.minimum_rows(outcome, rows, gate.minimum_rows)
    return RuleVerdict("minimum_rows", "minimum_rows", outcome, gate.minimum_rows, rows, sentence, rows)


def limit_rules(
    limits: MetricLimits, estimates: Estimates, sample: Sample, gate: Gate, part: Slice | None = None
) -> Iterator[RuleVerdict]:
    """Judge the floor and the ceiling of one metric, as far as they are given."""
    for word, limit in (("floor", limits.floor), ("ceiling", limits.ceiling)):
        if limit is None:
            continue
        kind: Kind = _KINDS[word, part is not None]
        metric, at_least = limits.metric, word == "floor"
        name = f"{part.key}.{metric.name}.{word}" if part else f"{metric.name}.{word}"
        if few := too_few(sample, gate, part):
            yield undecided(name, kind, limit, at_least, metric, sample, few, gate, part)
        else:
            yield _judged(name, kind, word, limit, metric, estimates[metric.name], sample, gate, part)


def undecided(
    name: str,
    kind: Kind,
    limit: float,
    at_least: bool,
    metric: Metric,
    sample: Sample,
    few: str,
    gate: Gate,
    part: Slice | None,
) -> RuleVerdict:
    """Return the verdict of a rule for which there are too few rows; ``few`` says so."""
    needed = rows_for_enough(sample, gate, part)
    return RuleVerdict(
        rule=name,
        kind=kind,
        outcome="inconclusive",
        limit=limit,
        rows=sample.rows,
        sentence=few + sentences.rows_needed("inconclusive", needed),
        metric=metric.name,
        slice=part.key if part else None,
        rows_needed=needed,
        at_least=at_least,
    )


def _judged(
    name: str,
    kind: Kind,
    word: str,
    limit: float,
    metric: Metric,
    estimate: Estimate,
    sample: Sample,
    gate: Gate,
    part: Slice | None,
) -> RuleVerdict:
    interval = metric_bounds(metric, estimate, gate.confidence)
    number = None if interval is None else estimate.value
    outcome: Outcome = "inconclusive"
    needed = None
    sentence = sentences.undefined(metric)
    if interval is not None:
        outcome = outcome_of(interval, limit, at_least=word == "floor")
        if outcome == "inconclusive":
            needed = rows_to_decide(estimate, limit, gate.confidence, sample.judged_rows)
        sentence = sentences.limit(outcome, metric, word, estimate.value, interval, limit, gate.confidence)
    sentence = sentences.among(part, sample.rows, sentence + sentences.rows_needed(outcome, needed))
    return RuleVerdict(
        rule=name,
        kind=kind,
        outcome=outcome,
        limit=limit,
        rows=sample.rows,
        sentence=sentence,
        number=number,
        interval=interval,
        metric=metric.name,
        slice=part.key if part else None,
        rows_needed=needed,
        at_least=word == "floor",
    )
