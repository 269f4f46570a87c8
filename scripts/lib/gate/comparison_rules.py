"""The paired rules: the candidate against the champion, or against the best of the last promoted."""

from collections.abc import Iterator, Mapping

from scripts.lib.gate import sentences
from scripts.lib.gate.bounds import difference_bounds, rows_to_decide
from scripts.lib.gate.config import Gate, MetricLimits, Slice
from scripts.lib.gate.enough import too_few
from scripts.lib.gate.estimates import Estimate, Sample
from scripts.lib.gate.limit_rules import Estimates, undecided
from scripts.lib.gate.metrics import LOWER_IS_BETTER
from scripts.lib.gate.rules import better, outcome_of
from scripts.lib.gate.verdict import Kind, RuleVerdict


def champion_rules(
    limits: MetricLimits,
    candidate: Estimates,
    champion: Estimates,
    sample: Sample,
    gate: Gate,
    part: Slice | None = None,
) -> Iterator[RuleVerdict]:
    """Judge the margin, and the share of the champion's skill that must be kept, as far as they are given."""
    prefix = f"{part.key}.{limits.metric}" if part else limits.metric
    few = too_few(sample, gate, part)
    if limits.margin is not None:
        kind: Kind = "slice_non_inferiority" if part else "non_inferiority"
        limit = _signed(limits, limits.margin)
        if few:
            yield undecided(f"{prefix}.non_inferiority", kind, limit, limits.metric, sample, few, gate, part)
        else:
            yield _margin_rule(
                f"{prefix}.non_inferiority",
                kind,
                limit,
                limits,
                candidate,
                champion,
                "the champion",
                sample,
                gate,
                part,
            )
    if limits.keep is not None:
        if few:
            yield undecided(f"{prefix}.keep", "keep", 0.0, limits.metric, sample, few, gate, part)
        else:
            yield _keep_rule(limits, limits.keep, candidate, champion, sample, gate)


def reference_rule(
    limits: MetricLimits,
    candidate: Estimates,
    references: Mapping[str, Estimates],
    champion: str,
    sample: Sample,
    gate: Gate,
) -> RuleVerdict | None:
    """Judge one margin, widened, against the best of the last promoted; None where that is the champion itself."""
    assert gate.references is not None
    assert limits.margin is not None
    best = champion
    for name, estimates in references.items():
        if best not in references or better(
            limits.metric, estimates[limits.metric].value, references[best][limits.metric].value
        ):
            best = name
    if best == champion:
        return None
    rule, limit = f"{limits.metric}.reference", _signed(limits, limits.margin * gate.references.margin_share)
    if few := too_few(sample, gate, None):
        return undecided(rule, "reference", limit, limits.metric, sample, few, gate, None)
    words = f"{best}, the best of the last promoted"
    return _margin_rule(
        rule, "reference", limit, limits, candidate, references[best], words, sample, gate, None, reference=best
    )


def _signed(limits: MetricLimits, margin: float) -> float:
    return margin if limits.metric in LOWER_IS_BETTER else -margin


def _margin_rule(
    name: str,
    kind: Kind,
    limit: float,
    limits: MetricLimits,
    candidate: Estimates,
    other: Estimates,
    other_name: str,
    sample: Sample,
    gate: Gate,
    part: Slice | None,
    reference: str | None = None,
) -> RuleVerdict:
    metric = limits.metric
    difference = candidate[metric].minus(other[metric])
    interval = difference_bounds(metric, difference, gate.confidence)
    outcome = outcome_of(interval, limit, at_least=metric not in LOWER_IS_BETTER)
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
        metric=metric,
        slice=part.key if part else None,
        reference=reference,
        rows_needed=needed,
    )


def _keep_rule(
    limits: MetricLimits, keep: float, candidate: Estimates, champion: Estimates, sample: Sample, gate: Gate
) -> RuleVerdict:
    metric = limits.metric
    ours, theirs = (sample.advantage(metric, side[metric]) for side in (candidate, champion))
    surplus: Estimate = ours.minus(theirs, keep)
    interval = difference_bounds(metric, surplus, gate.confidence)
    outcome = outcome_of(interval, 0.0, at_least=True)
    needed = None
    if outcome == "inconclusive":
        needed = rows_to_decide(surplus, 0.0, gate.confidence, sample.judged_rows)
    sentence = sentences.keep(outcome, metric, ours.value, theirs.value, keep, gate.confidence)
    return RuleVerdict(
        rule=f"{metric}.keep",
        kind="keep",
        outcome=outcome,
        limit=0.0,
        rows=sample.rows,
        sentence=sentence + sentences.rows_needed(outcome, needed),
        number=surplus.value,
        interval=interval,
        metric=metric,
        rows_needed=needed,
    )
