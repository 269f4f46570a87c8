"""Compare what the candidate said about itself with what the line measured, and refuse what sampling cannot explain."""

from collections.abc import Iterator

import numpy as np

from scripts.lib.gate import sentences
from scripts.lib.gate.bounds import difference_bounds
from scripts.lib.gate.config import Gate
from scripts.lib.gate.estimates import Estimate, Sample
from scripts.lib.gate.judged import SelfReport
from scripts.lib.gate.limit_rules import Estimates
from scripts.lib.gate.metrics import Metric
from scripts.lib.gate.predictions import Predictions
from scripts.lib.gate.verdict import Interval, Outcome, RuleVerdict


def self_report_rules(report: SelfReport, judged: Estimates, sample: Sample, gate: Gate) -> Iterator[RuleVerdict]:
    """Fail a metric whose report lies further from the judgement than the tolerance and sampling error together.

    Report and judgement count as independent, which can only widen the interval where they share rows.
    """
    for name, tolerance in gate.self_report.items():
        metric = gate.available[name]
        reported = _reported(metric, report, judged[name], sample.units, gate)
        interval = _difference(metric, reported, judged[name], gate.confidence)
        number = reported.value - judged[name].value
        too_high, too_low = interval.lower > tolerance, interval.upper < -tolerance
        outcome: Outcome = "fail" if too_high or too_low else "pass"
        too_good = too_low if metric.lower_is_better else too_high
        yield RuleVerdict(
            rule=f"self_report.{name}",
            kind="self_report",
            outcome=outcome,
            limit=tolerance,
            rows=sample.rows,
            sentence=sentences.self_report(outcome, metric, reported.value, judged[name].value, too_good),
            number=number,
            interval=interval,
            metric=name,
            at_least=False,
        )


def _reported(metric: Metric, report: SelfReport, judged: Estimate, units: int, gate: Gate) -> Estimate:
    """Return the report with its own sampling error: from its rows, or the judgement's scaled to their number."""
    value = report.metrics[metric.name]
    if report.target is not None and report.scores is not None:
        weight = np.ones(report.rows) if report.weight is None else report.weight
        given = Predictions(report.target, report.scores, weight, gate.threshold or 0.5)
        return Estimate(value, metric.influence(given).derivative, judged.rarer_class)
    scale = np.sqrt(units / report.rows)
    return Estimate(value, judged.by_unit * scale, judged.rarer_class)


def _difference(metric: Metric, reported: Estimate, judged: Estimate, confidence: float) -> Interval:
    units = np.concatenate([reported.by_unit, -judged.by_unit])
    value = reported.value - judged.value
    difference = Estimate(value, units, judged.rarer_class, training=judged.training)
    return difference_bounds(metric, difference, confidence)
