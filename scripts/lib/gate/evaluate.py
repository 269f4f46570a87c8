"""Judge a candidate by the gate, alone or against the champion."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from scripts.lib.gate import sentences
from scripts.lib.gate.bootstrap import bootstrap_metrics
from scripts.lib.gate.config import Gate, MetricLimits, Slice
from scripts.lib.gate.delong import paired_auc
from scripts.lib.gate.metrics import (
    LOWER_IS_BETTER,
    Booleans,
    Floats,
    MetricName,
    point_metric,
    point_metrics,
)
from scripts.lib.gate.pairing import check_pair, check_training_ran
from scripts.lib.gate.reading import Evaluation
from scripts.lib.gate.verdict import Interval, Outcome, RuleVerdict, Verdict

Resamples = Mapping[MetricName, Floats]


def evaluate(candidate: Evaluation, champion: Evaluation | None, gate: Gate) -> Verdict:
    """Judge ``candidate`` by every rule of ``gate``; without a champion, by its floors alone.

    Raises EvaluationRefused when the two cannot be compared or the candidate's training did not run.
    """
    check_training_ran(candidate, champion)
    if champion is not None:
        check_pair(candidate, champion)
    models = [model for model in (candidate, champion) if model is not None]
    values = [point_metrics(model.target, model.score, gate.threshold) for model in models]
    everything = np.ones(len(candidate.target), dtype=np.bool_)
    resamples = _bootstrap(models, gate, everything, [limits.metric for limits in gate.metrics])
    rules = [_row_rule(candidate, gate)]
    rules += [
        _limit_rule(limits, values[0][limits.metric], resamples, candidate, gate)
        for limits in gate.metrics
        if limits.limit is not None
    ]
    rules += [rule for part in gate.slices for rule in _slice_rules(part, candidate, gate)]
    if champion is not None:
        rules += [
            _margin_rule(limits, values, resamples, candidate, champion, gate)
            for limits in gate.metrics
            if limits.margin is not None
        ]
    outcome = _worst(rule.outcome for rule in rules)
    promote = outcome == "pass" or (outcome == "inconclusive" and gate.inconclusive == "pass")
    return Verdict(
        outcome=outcome,
        promote=promote,
        sentence=sentences.overall(outcome, promote, rules, candidate, champion),
        rules=tuple(rules),
        rows=len(candidate.target),
        protocol=candidate.protocol,
        candidate_metrics=values[0],
        champion_metrics=values[1] if champion is not None else None,
    )


def _bootstrap(models: list[Evaluation], gate: Gate, rows: Booleans, names: Collection[MetricName]) -> Resamples:
    return bootstrap_metrics(
        models[0].target[rows],
        [model.score[rows] for model in models],
        threshold=gate.threshold,
        resamples=gate.resamples,
        seed=gate.seed,
        names=names,
    )


def _worst(outcomes: Iterator[Outcome]) -> Outcome:
    found = set(outcomes)
    if "fail" in found:
        return "fail"
    return "inconclusive" if "inconclusive" in found else "pass"


def _bounds(values: Floats, confidence: float) -> Interval:
    lower, upper = np.quantile(values, (1 - confidence, confidence))
    return Interval(float(lower), float(upper))


def _judge(interval: Interval, limit: float, *, lower_is_better: bool) -> Outcome:
    """Pass when the whole interval keeps the limit, fail when the whole interval breaks it."""
    if lower_is_better:
        interval, limit = Interval(-interval.upper, -interval.lower), -limit
    if interval.lower >= limit:
        return "pass"
    return "fail" if interval.upper < limit else "inconclusive"


def _row_rule(candidate: Evaluation, gate: Gate) -> RuleVerdict:
    rows = len(candidate.target)
    outcome: Outcome = "pass" if rows >= gate.minimum_rows else "fail"
    sentence = sentences.minimum_rows(outcome, rows, gate.minimum_rows)
    return RuleVerdict("minimum_rows", "minimum_rows", outcome, gate.minimum_rows, rows, sentence, rows)


def _limit_rule(
    limits: MetricLimits, value: float, resamples: Resamples, candidate: Evaluation, gate: Gate
) -> RuleVerdict:
    metric, limit = limits.metric, limits.limit
    assert limit is not None
    lower_is_better = metric in LOWER_IS_BETTER
    interval = _bounds(resamples[metric][0], gate.confidence)
    outcome = _judge(interval, limit, lower_is_better=lower_is_better)
    return RuleVerdict(
        rule=f"{metric}.{'ceiling' if lower_is_better else 'floor'}",
        kind="ceiling" if lower_is_better else "floor",
        outcome=outcome,
        limit=limit,
        rows=len(candidate.target),
        sentence=sentences.limit(outcome, metric, value, interval, limit, gate.confidence),
        number=value,
        interval=interval,
        metric=metric,
    )


def _margin_rule(
    limits: MetricLimits,
    values: list[dict[MetricName, float]],
    resamples: Resamples,
    candidate: Evaluation,
    champion: Evaluation,
    gate: Gate,
) -> RuleVerdict:
    metric, margin = limits.metric, limits.margin
    assert margin is not None
    lower_is_better = metric in LOWER_IS_BETTER
    limit = margin if lower_is_better else -margin
    difference = values[0][metric] - values[1][metric]
    interval = _bounds(resamples[metric][0] - resamples[metric][1], gate.confidence)
    outcome = _judge(interval, limit, lower_is_better=lower_is_better)
    cross_check = None
    if metric == "roc_auc":
        delong = paired_auc(candidate.target, candidate.score, champion.score)
        cross_check = Interval(*delong.interval(gate.confidence))
        if _judge(cross_check, limit, lower_is_better=False) != outcome:
            outcome = "inconclusive"
    return RuleVerdict(
        rule=f"{metric}.non_inferiority",
        kind="non_inferiority",
        outcome=outcome,
        limit=limit,
        rows=len(candidate.target),
        sentence=sentences.margin(outcome, metric, difference, interval, limit, gate.confidence),
        number=difference,
        interval=interval,
        metric=metric,
        cross_check=cross_check,
    )


def _slice_rules(part: Slice, candidate: Evaluation, gate: Gate) -> Iterator[RuleVerdict]:
    column = candidate.sex if part.column == "sex" else candidate.age
    rows = (column >= part.low) & (column < part.high)
    target, score = candidate.target[rows], candidate.score[rows]
    rarer_class = int(np.bincount(target, minlength=2).min())
    judged = len(target) >= gate.slice_minimum_rows and rarer_class >= 2
    resamples = _bootstrap([candidate], gate, rows, gate.slice_floors) if judged else {}
    for metric, floor in gate.slice_floors.items():
        value, interval = None, None
        outcome: Outcome = "inconclusive"
        sentence = sentences.slice_too_small(part.name, len(target), rarer_class, gate.slice_minimum_rows)
        if judged:
            value = point_metric(metric, target, score, gate.threshold)
            interval = _bounds(resamples[metric][0], gate.confidence)
            outcome = _judge(interval, floor, lower_is_better=False)
            sentence = sentences.limit(outcome, metric, value, interval, floor, gate.confidence)
            sentence = f"Among {part.name} ({len(target)} rows): {sentence}"
        yield RuleVerdict(
            rule=f"{part.key}.{metric}.floor",
            kind="slice_floor",
            outcome=outcome,
            limit=floor,
            rows=len(target),
            sentence=sentence,
            number=value,
            interval=interval,
            metric=metric,
            slice=part.key,
        )
