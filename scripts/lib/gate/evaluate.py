"""Judge a candidate by the gate, alone or against the champion."""

import dataclasses
from collections.abc import Collection, Iterator, Sequence

from scripts.lib.gate import sentences
from scripts.lib.gate.comparison_rules import Side, champion_rules, reference_rule
from scripts.lib.gate.config import Gate
from scripts.lib.gate.decision_curve import CurvePoint, decision_curve
from scripts.lib.gate.delivered_rules import delivered_rules
from scripts.lib.gate.enough import too_few
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.judged import JudgedRows, Scored, SelfReport
from scripts.lib.gate.limit_rules import limit_rules, row_rule
from scripts.lib.gate.metrics import Metric, MetricName
from scripts.lib.gate.rules import worst
from scripts.lib.gate.scores import check_scores
from scripts.lib.gate.self_report_rule import self_report_rules
from scripts.lib.gate.slices import rows_of
from scripts.lib.gate.verdict import RuleVerdict, Verdict

SHOW_NO_WORSE = ("non_inferiority", "keep")


def evaluate(
    rows: JudgedRows,
    candidate: Scored,
    champion: Scored | None,
    gate: Gate,
    references: Sequence[Scored] = (),
    self_report: SelfReport | None = None,
    delivered: Scored | None = None,
) -> Verdict:
    """Judge ``candidate`` by every rule of ``gate``; without a champion, by its floors alone.

    ``references`` are the last promoted deployments, the latest at the end, whose best must not be lost by more than
    the gate allows; the champion may be among them. ``delivered`` are the scores of the delivered model, where that is
    another than the judged ones and has seen the rows. Raises EvaluationRefused when the scores are not those of the
    rows.
    """
    for side in (candidate, *filter(None, (champion, delivered)), *references):
        check_scores(side, len(rows.row), gate.predicted)
    whole, every = Sample(rows, gate.threshold), tuple(gate.available.values())
    judged = _side(whole, candidate, every)
    best = _side(whole, champion, every) if champion else None
    rules = [row_rule(whole.rows, gate)]
    for limits in gate.metrics:
        rules += limit_rules(limits, judged.estimates, whole, gate)
    rules += _slice_rules(rows, candidate, champion, gate)
    if best is not None:
        for limits in gate.metrics:
            rules += champion_rules(limits, judged, best, whole, gate)
        rules += _reference_rules(whole, judged, best, references, gate)
    if delivered is not None:
        rules += delivered_rules(_side(whole, delivered, every), judged, whole, gate)
    if self_report is not None:
        rules += self_report_rules(self_report, judged.estimates, whole, gate)
    rules = [dataclasses.replace(rule, waived=_waived(rule, rules)) for rule in rules]
    outcome = worst(rule.outcome for rule in rules if not rule.waived)
    promote = outcome == "pass" or (outcome == "inconclusive" and gate.inconclusive == "pass")
    return Verdict(
        outcome=outcome,
        promote=promote,
        sentence=sentences.overall(outcome, promote, rules, candidate, champion),
        rules=tuple(rules),
        rows=whole.rows,
        protocol=rows.protocol,
        candidate_metrics=_values(judged),
        champion_metrics=_values(best) if best is not None else None,
        predicted=gate.predicted,
        titles={metric.name: metric.title for metric in every},
        better={metric.name: metric.better for metric in every},
        decision_curve=_decision_curve(whole, candidate, champion, gate),
    )


def metrics_of(rows: JudgedRows, scored: Scored, gate: Gate) -> dict[MetricName, float]:
    """Return the metrics of one side on the judged rows, as far as these rows define them."""
    return _values(_side(Sample(rows, gate.threshold), scored, tuple(gate.available.values())))


def _side(sample: Sample, scored: Scored, metrics: Collection[Metric]) -> Side:
    return Side(scored, sample.estimates(scored, metrics))


def _values(side: Side) -> dict[MetricName, float]:
    """Return the metrics that these rows define."""
    return {name: each.value for name, each in side.estimates.items() if each.value == each.value}


def _decision_curve(whole: Sample, candidate: Scored, champion: Scored | None, gate: Gate) -> tuple[CurvePoint, ...]:
    """Return the decision curve of two classes; acting on a number or on one of several classes has none."""
    if gate.threshold is None:
        return ()
    of_champion = champion.scores if champion else None
    return decision_curve(whole.target, candidate.scores, of_champion, gate.threshold, whole.weight)


def _slice_rules(rows: JudgedRows, candidate: Scored, champion: Scored | None, gate: Gate) -> Iterator[RuleVerdict]:
    metrics = [limits.metric for limits in gate.slices.limits]
    for part in gate.slices.slices:
        sample = Sample(rows, gate.threshold, rows_of(part, rows))
        judged = () if too_few(sample, gate, part) else metrics
        ours = _side(sample, candidate, judged)
        theirs = _side(sample, champion, judged) if champion else None
        for limits in gate.slices.limits:
            yield from limit_rules(limits, ours.estimates, sample, gate, part)
            if theirs is not None:
                yield from champion_rules(limits, ours, theirs, sample, gate, part)


def _reference_rules(
    whole: Sample, judged: Side, champion: Side, references: Sequence[Scored], gate: Gate
) -> Iterator[RuleVerdict]:
    if gate.references is None or not references:
        return
    references = references[-gate.references.last :]
    with_margin = [limits for limits in gate.metrics if limits.margin is not None]
    metrics = [limits.metric for limits in with_margin]
    name = champion.scored.deployment
    sides = {side.deployment: _side(whole, side, metrics) for side in (champion.scored, *references)}
    for limits in with_margin:
        rule = reference_rule(limits, judged, sides, name, whole, gate)
        if rule is not None:
            yield rule


def _waived(rule: RuleVerdict, rules: Sequence[RuleVerdict]) -> bool:
    """Say whether an undecided limit need not block, because the candidate is shown to be no worse there.

    It is shown by the comparison of the same metric on the same rows; where the gate asks for none, or the slice has
    too few rows for one, by all comparisons on all rows.
    """
    undecided = rule.outcome == "inconclusive"
    slice_too_small = rule.kind == "slice_non_inferiority" and rule.number is None
    if not undecided or not (rule.kind in ("floor", "ceiling", "slice_floor", "slice_ceiling") or slice_too_small):
        return False
    whole = [other for other in rules if other.kind in SHOW_NO_WORSE]
    kinds = ("slice_non_inferiority",) if rule.slice else SHOW_NO_WORSE
    own = [
        other
        for other in rules
        if other.kind in kinds and (other.metric, other.slice) == (rule.metric, rule.slice) and other.number is not None
    ]
    shown = own or whole
    return bool(shown) and all(other.outcome == "pass" for other in shown)
