"""Find columns that no longer say of the target what they said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.lib.data.drift.bins import Bins
from scripts.lib.data.drift.change import Drift
from scripts.lib.data.drift.limits import Limits
from scripts.lib.data.drift.profile import ColumnProfile
from scripts.lib.data.drift.statistics import separation

if TYPE_CHECKING:
    from scripts.lib.data.drift.bins import Counts

_COPIED = 0.95  # of AUC, from 0.5 of no relation to 1 of the target itself
_STRONG = 4.0  # standard deviations by which an earlier relation must stand out to be looked for
_GONE = 0.4  # of the earlier relations together


@dataclass(frozen=True)
class _Relation:
    column: str
    label: str
    before: float
    now: float
    variance_before: float
    variance_now: float

    @property
    def change(self) -> float:
        return self.now - self.before

    def exceeds(self, limit: float, deviations: float) -> bool:
        chance = deviations * (self.variance_before + self.variance_now) ** 0.5
        return bool(abs(self.change) > max(limit, chance))


def changes(
    pairs: Sequence[tuple[ColumnProfile, ColumnProfile]], target: Bins, limits: Limits, deviations: float
) -> list[Drift]:
    """Return the changes of relations: of all together where the labels explain them, else one for each column.

    A relation is the AUC with which the order of a column's bins tells one class from the rest: numbers in their
    order, texts in the order of their earlier share of that class. A target of numbers is cut at its middle bin.
    """
    found = [_relation(old, new, target, index) for old, new in pairs for index in _sides(target)]
    changed: dict[str, _Relation] = {}
    for one in sorted(found, key=lambda one: -abs(one.change)):
        if one.exceeds(limits.of(one.column, "relation"), deviations):
            changed.setdefault(one.column, one)
    copied = [
        Drift(
            "target-copied",
            (one.column,),
            f"Column {one.column} now tells the target almost exactly (AUC {one.now:.3f}, before {one.before:.3f}); "
            "it may have been made from it.",
        )
        for one in changed.values()
        if abs(one.now - 0.5) * 2 >= _COPIED > abs(one.before - 0.5) * 2
    ]
    told = {column for one in copied for column in one.columns}
    left = [one for one in changed.values() if one.column not in told]
    if sentence := _labels(found, left):
        return [*copied, sentence]
    return [
        *copied,
        *(
            Drift(
                "relation-changed",
                (one.column,),
                f"Column {one.column} says something else of {one.label}: AUC {one.now:.3f}, before {one.before:.3f}.",
            )
            for one in left
        ),
    ]


def _labels(found: Sequence[_Relation], changed: Sequence[_Relation]) -> Drift | None:
    """Explain changed relations by the labels, where those that stood out have all gone or turned."""
    strong = [one for one in found if abs(one.before - 0.5) > _STRONG * one.variance_before**0.5]
    if not changed or len(strong) < 2:
        return None
    kept = sum((one.before - 0.5) * (one.now - 0.5) for one in strong) / sum((one.before - 0.5) ** 2 for one in strong)
    columns = tuple(dict.fromkeys(one.column for one in strong))
    if kept <= -_GONE:
        turned = f"{', '.join(columns)} say the opposite of the target than before; its classes may be exchanged."
        return Drift("labels-inverted", columns, turned)
    if kept < _GONE:
        lost = f"{', '.join(columns)} say little of the target any more; its values may belong to other rows."
        return Drift("labels-shuffled", columns, lost)
    return None


def _sides(target: Bins) -> Sequence[int]:
    """Return the target bins to tell from the rest: each class; of two, the last; of numbers, the upper half."""
    classes = target.count - 1
    if not target.levels:
        return [classes // 2]
    named = len(target.levels)
    return [named - 1] if named == 2 else list(range(named))


def _relation(old: ColumnProfile, new: ColumnProfile, target: Bins, side: int) -> _Relation:
    before, now = _sided(old.table(), target, side), _sided(new.table(), target, side)
    if old.bins.levels:  # texts have no order of their own
        import numpy as np

        share = (before[0] + 0.5) / (before.sum(axis=0) + 1.0)
        order = np.argsort(share, kind="stable")
        before, now = before[:, order], now[:, order]
    area_before, variance_before = separation(before[0], before[1])
    area_now, variance_now = separation(now[0], now[1])
    label = target.label(side) if target.levels else "the target's upper half"
    return _Relation(old.name, label, area_before, area_now, variance_before, variance_now)


def _sided(table: "Counts", target: Bins, side: int) -> "Counts":
    """Return the counts of one class and of the rest, by bin, without the bin of missing cells."""
    import numpy as np

    filled = table[:-1]
    inside = filled[:, side] if target.levels else filled[:, side:].sum(axis=1)
    return np.stack([inside, filled.sum(axis=1) - inside])
