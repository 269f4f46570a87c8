"""The kinds of candidates whose promotion is simulated, and how often each rule promotes them."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks.gate_simulation import (
    LOST,
    SUBSAMPLE,
    Change,
    DataSet,
    blurred,
    judge,
    naive_share,
    overconfident,
    size_for,
)
from scripts.lib.gate.config import Gate

Pairs = Callable[[DataSet], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Row:
    """One kind of candidate: its differences to the champion (mean, SD) and how often each rule promotes it."""

    name: str
    goal: str
    auc: tuple[float, float]
    brier: tuple[float, float]
    gate: float
    held_out: float | None
    naive: float | None


class Scenarios:
    """The kinds of candidates, judged on the same data sets."""

    def __init__(self, data: Sequence[DataSet], gate: Gate, workers: Executor) -> None:
        self.data, self.gate, self.workers = data, gate, workers
        self.margins = {each.metric: each.margin for each in gate.metrics if each.margin is not None}

    def rows(self) -> list[Row]:
        """Measure every kind of candidate."""
        rows = [
            self._spoilt("identical code, same result", "≥ 95 %", None, base="champion"),
            self._spoilt("identical skill: another training seed", "≥ 95 %", None),
            self._pair("identical skill: the other encoding", "≥ 95 %", "other encoding", "champion"),
            self._pair(
                f"identical skill: each trained on its own {SUBSAMPLE:.0%} of the rows",
                "≥ 95 %",
                "other rows",
                "champion on other rows",
            ),
        ]
        for share in (1.0, 1.5):
            rows.append(self._spoilt(f"ROC AUC worse by {share:g} times the margin", "≤ 5 %", self._blur(share)))
        for share in (1.0, 1.5):
            rows.append(self._spoilt(f"Brier worse by {share:g} times the margin", "≤ 5 %", self._stretch(share)))
        rows.append(self._pair(f"broken: {', '.join(LOST)} scrambled in training", "≤ 5 %", "lost columns", "champion"))
        rows.append(self._spoilt("clearly better: ROC AUC by the margin", "≥ 90 %", self._blur(1.0), swap=True))
        size = self._blur_size(1.0)
        rows.append(
            self._row(
                "identical skill, unrelated errors: both blurred by the margin",
                "out of reach",
                lambda each: (
                    blurred(each.scores["other seed"], each.noise[0], size),
                    blurred(each.scores["champion"], each.noise[1], size),
                ),
            )
        )
        return rows

    def _blur_size(self, share: float) -> float:
        def difference(size: float) -> float:
            return self._mean(roc_auc_score, partial(blurred, size=size))

        return size_for(-share * self.margins["roc_auc"], difference)

    def _blur(self, share: float) -> tuple[Change, Change]:
        """Return what blurs our model, and the article's, by that share of the margin."""

        def difference(size: float) -> float:
            runs = ((each.recipe[0], each.noise[0]) for each in self.data)
            return float(
                np.mean(
                    [
                        roc_auc_score(target, blurred(score, noise[: len(score)], size)) - roc_auc_score(target, score)
                        for (target, score), noise in runs
                    ]
                )
            )

        recipe = size_for(-share * self.margins["roc_auc"], difference)
        return partial(blurred, size=self._blur_size(share)), partial(blurred, size=recipe)

    def _stretch(self, share: float) -> tuple[Change, Change]:
        """Return what makes a model overconfident; it moves no score across 0.5, so accuracy is blind to it."""

        def difference(size: float) -> float:
            return self._mean(brier_score_loss, partial(overconfident, size=size))

        change = partial(overconfident, size=size_for(share * self.margins["brier"], difference))
        return change, change

    def _mean(self, metric: Callable[..., float], change: Change) -> float:
        return float(
            np.mean(
                [
                    metric(each.target, change(each.scores["other seed"], each.noise[0]))
                    - metric(each.target, each.scores["champion"])
                    for each in self.data
                ]
            )
        )

    def _pair(self, name: str, goal: str, candidate: str, champion: str) -> Row:
        return self._row(name, goal, lambda each: (each.scores[candidate], each.scores[champion]))

    def _spoilt(
        self,
        name: str,
        goal: str,
        changes: tuple[Change, Change] | None,
        base: str = "other seed",
        swap: bool = False,
    ) -> Row:
        """Spoil the candidate (the champion with ``swap``) and judge by all three rules."""
        ours, recipe = changes or (_unchanged, _unchanged)

        def pairs(each: DataSet, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
            spoilt = ours(each.scores[prefix + base], each.noise[0])
            other = each.scores[f"{prefix}champion"]
            return (other, spoilt) if swap else (spoilt, other)

        # The held-out rows are too few for the rules on rows and slices, so those are left out there.
        few = dataclasses.replace(self.gate, minimum_rows=1, slices=())
        row = self._row(name, goal, pairs)
        return dataclasses.replace(
            row,
            held_out=self._promoted(partial(pairs, prefix="held-out "), few, "hold_out"),
            naive=naive_share(self.data, recipe, swap=swap),
        )

    def _row(self, name: str, goal: str, pairs: Pairs) -> Row:
        def differences(metric: Callable[..., float]) -> tuple[float, float]:
            found = [metric(each.target, a) - metric(each.target, b) for each, a, b in self._triples(pairs)]
            return float(np.mean(found)), float(np.std(found))

        promoted = self._promoted(pairs, self.gate, "out_of_fold")
        return Row(name, goal, differences(roc_auc_score), differences(brier_score_loss), promoted, None, None)

    def _triples(self, pairs: Pairs) -> Iterator[tuple[DataSet, np.ndarray, np.ndarray]]:
        return ((each, *pairs(each)) for each in self.data)

    def _promoted(self, pairs: Pairs, gate: Gate, protocol: str) -> float:
        decide = partial(judge, gate, protocol)
        return float(np.mean(list(self.workers.map(decide, self._triples(pairs), chunksize=8))))


def _unchanged(score: np.ndarray, _: np.ndarray) -> np.ndarray:
    return score
