"""Hold the delivered model to the judged ones: on rows that it has seen, it is no worse than they on unseen rows."""

import dataclasses
from collections.abc import Iterator

from scripts.lib.gate.comparison_rules import Side, champion_rules
from scripts.lib.gate.config import Gate
from scripts.lib.gate.estimates import Sample
from scripts.lib.gate.verdict import RuleVerdict


def delivered_rules(delivered: Side, judged: Side, sample: Sample, gate: Gate) -> Iterator[RuleVerdict]:
    """Judge each margin of ``gate`` for the model that was trained on all rows, beside those that were judged.

    A model that is trained on more of the same rows, and scores rows that it has seen, is better than the judged ones
    unless something is wrong with it alone.
    """
    for limits in gate.metrics:
        only_margin = dataclasses.replace(limits, keep=None)
        for rule in champion_rules(only_margin, delivered, judged, sample, gate):
            sentence = rule.sentence.replace("The candidate's", "The delivered model's", 1)
            sentence = sentence.replace("that of the champion", "that of the judged models on unseen rows", 1)
            yield dataclasses.replace(rule, rule=f"delivered.{limits.metric.name}", kind="delivered", sentence=sentence)
