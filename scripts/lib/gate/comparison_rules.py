"""The paired rules: the candidate against the champion, or against the best of the last promoted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scripts.lib.gate import sentences
from scripts.lib.gate.bounds import difference_bounds, rows_to_decide
from scripts.lib.gate.config import Gate
from scripts.lib.gate.enough import too_few
from scripts.lib.gate.estimates import Estimate, Sample
from scripts.lib.gate.judged import Scored
from scripts.lib.gate.limit_rules import Estimates, undecided
from scripts.lib.gate.limits import MetricLimits
from scripts.lib.gate.metrics import Metric
from scripts.lib.gate.rules import better, outcome_of
from scripts.lib.gate.slice_rules import Slice
from scripts.lib.gate.verdict import Kind, RuleVerdict


@dataclass(frozen=True)
class Side:
    """One side of a comparison: what it predicts, and its estimates."""

    scored: Scored
    estimates: Estimates


def champion_rules(
    limits: MetricLimits, candidate: Side, champion: Side, sample: Sample, gate: Gate, part: Slice | None = None
) -> Iterator[RuleVerdict]:
    """Judge the margin, and the share of the champion's skill that must be kept, as far as they are given."""
    metric = limits.metric
    prefix = f"{part.key}.{metric.name}" if part else metric.name
    few = too_few(sample, gate, part)
    if limits.margin is not None:
        kind: Kind = "slice_non_inferiority" if part else "non_inferiority"
        name, limit = f"{prefix}.non_inferiority", _signed(metric, limits.margin)
        if few:
            yield undecided(name, kind, limit, not metric.lower_is_better, metric, sample, few, gate, part)
        else:
            yield _margin_rule(name, kind, limit, metric, candidate, champion, "the champion", sample, gate, part)
    if limits.keep is not None:
        if few:
            yield undecided(f"{prefix}.keep", "keep", 0.0, True, metric, sample, few, gate, part)
        else:
            yield _keep_rule(metric, limits.keep, candidate, champion, sample, gate)


def reference_rule(
    limits: MetricLimits, candidate: Side, references: Mapping[str, Side], champion: str, sample: Sample, gate: Gate
) -> RuleVerdict | None:
    """Judge one margin, widened, against the best of the last promoted; None where that is the champion itself."""
    assert gate.references is not None
    assert limits.margin is not None
    metric, best = limits.metric, champion
    for name, side in references.items():
        if best not in references or better(
            metric, side.estimates[metric.name].value, references[best].estimates[metric.name].value
        ):
            best = name
    if best == champion:
        return None
    rule, limit = f"{metric.name}.reference", _signed(metric, limits.margin * gate.references.margin_share)
    if few := too_few(sample, gate, None):
        return undecided(rule, "reference", limit, not metric.lower_is_better, metric, sample, few, gate, None)
    words = f"{best}, the best of the last promoted"
    return _margin_rule(
        rule, "reference", limit, metric, candidate, references[best], words, sample, gate, None, reference=best
    )


def _signed(metric: Metric, margin: float) -> float:
    return margin if metric.lower_is_better else -margin


def _margin_rule(
    name: str,
    kind: Kind,
    limit: float,
    metric: Metric,
    candidate: Side,
    other: Side,
    other_name: str,
    sample: Sample,
    gate: Gate,
    part: Slice | None,
    reference: str | None = None,
) -> RuleVerdict:
    difference = candidate.estimates[metric.name].minus(other.estimates[metric.name])
    interval = difference_bounds(metric, difference, gate.confidence)
    outcome = outcome_of(interval, limit, at_least=not metric.lower_is_better)
    needed = None
    if outcome == "inconclusive":
        needed = rows_to_decide(difference, limit, gate.confidence, sample.judged_rows)
    sentence = sentences.margin(outcome, metric, difference.value, interval, limit, gate.confidence, other_name)
    return RuleVerdict(
        rule=name,
        kind=kind,
        outcome=outcome,
        limit=limit,
        rows=sample.rows,
        sentence=sentences.among(part, sample.rows, sentence + sentences.rows_needed(outcome, needed)),
        number=difference.value,
        interval=interval,
        metric=metric.name,
        slice=part.key if part else None,
        reference=reference,
        rows_needed=needed,
        at_least=not metric.lower_is_better,
    )


def _keep_rule(metric: Metric, keep: float, candidate: Side, champion: Side, sample: Sample, gate: Gate) -> RuleVerdict:
    ours, theirs = (
        sample.advantage(metric, side.estimates[metric.name], side.scored) for side in (candidate, champion)
    )
    surplus: Estimate = ours.minus(theirs, keep)
    interval = difference_bounds(metric, surplus, gate.confidence)
    outcome = outcome_of(interval, 0.0, at_least=True)
    needed = None
    if outcome == "inconclusive":
        needed = rows_to_decide(surplus, 0.0, gate.confidence, sample.judged_rows)
    sentence = sentences.keep(outcome, metric, ours.value, theirs.value, keep, gate.confidence)
    return RuleVerdict(
        rule=f"{metric.name}.keep",
        kind="keep",
        outcome=outcome,
        limit=0.0,
        rows=sample.rows,
        sentence=sentence + sentences.rows_needed(outcome, needed),
        number=surplus.value,
        interval=interval,
        metric=metric.name,
        rows_needed=needed,
    )
