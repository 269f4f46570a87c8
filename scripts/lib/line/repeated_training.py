"""Measure what training itself varies: judge the sides once more, on other splits of the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scripts.lib.gate.config import Gate
from scripts.lib.gate.judged import Scored
from scripts.lib.line.judgement import judge_sides
from scripts.lib.line.stored_scores import Judged
from scripts.lib.line.withholding import Split, withhold
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Deployment

# Beyond this share of a margin, what training varies decides with the rows, and is to be known better.
_MATTERS = 0.2


@dataclass
class Repeats:
    """The further ``splits``, and what each side, by its label, was judged to be on each of them."""

    splits: list[Split] = field(default_factory=list)
    judged: dict[str, list[Judged]] = field(default_factory=dict)

    def of(self, label: str) -> Sequence[Judged]:
        """Return what one side was judged to be, split by split."""
        return self.judged.get(label, [])


def judge_repeats(
    connection: Connection,
    endpoint: str,
    gate: Gate,
    sides: Mapping[str, Deployment],
    first: Split,
    judged: Mapping[str, Judged],
    stream: bool = False,
) -> Repeats:
    """Judge the sides on further splits, as many as the gate allows: one to measure, more only where that matters.

    It matters where a compared metric's difference (or the metric, without a champion) deviates from split to split by
    more than a fifth of its margin. Rows that are withheld as one share are not split again: there are so many of them
    that training varies little. A side that cannot be judged on another split is an error, since it could on the first.

    Raises:
        ReleaseError: a side could not be judged on another split.
    """
    repeats = Repeats(judged={label: [] for label in judged})
    if not first.cross_fitted:
        return repeats
    for number in range(1, gate.judgement.repeats + 1):
        results.tell(f"    What training varies is measured on another split of the rows (no. {number})")
        split = withhold(connection.client, endpoint, gate, first.data, stream, number)
        again, refused = judge_sides(connection, endpoint, {label: sides[label] for label in judged}, split, stream)
        if refused:
            raise next(iter(refused.values()))
        repeats.splits.append(split)
        for label, one in again.items():
            repeats.judged[label].append(one)
        deviating = _deviating(gate, first, judged, repeats)
        if not deviating:
            break
        results.tell(f"    Training varies by more than a fifth of the margin of {', '.join(deviating)}")
    return repeats


def _deviating(gate: Gate, first: Split, judged: Mapping[str, Judged], repeats: Repeats) -> list[str]:
    """Return the titles of the metrics that deviate from split to split by more than matters."""
    from scripts.lib.gate.evaluate import metrics_of

    def values(label: str) -> list[Mapping[str, float]]:
        runs = (judged[label], *repeats.of(label))
        return [metrics_of(first.rows, Scored(one.deployment, one.scores), gate) for one in runs]

    sides = [values(label) for label in judged]
    found = []
    for limits in gate.metrics:
        name = limits.metric.name
        if limits.margin is None or any(name not in run for side in sides for run in side):
            continue
        of_side = [np.array([run[name] for run in side]) for side in sides]
        differences = of_side[0] - of_side[1] if len(of_side) == 2 else of_side[0]
        if np.std(differences, ddof=1) > _MATTERS * limits.margin:
            found.append(limits.metric.title)
    return found
