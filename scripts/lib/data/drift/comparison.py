"""Compare new data with what the default was trained on, and name what chance and the limits do not explain."""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from scripts.lib.data.drift import relations
from scripts.lib.data.drift.change import Drift
from scripts.lib.data.drift.limits import Limits
from scripts.lib.data.drift.profile import ColumnProfile, Profile, in_bins_of, profile_of
from scripts.lib.data.drift.statistics import chance_of_difference, deviation, distance
from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from scripts.lib.data.blocks.stored_table import Table

_LARGE_GROUP = 0.05


@dataclass(frozen=True)
class Comparison:
    """What was found by which limits, and both profiles, in the same bins."""

    before: Profile
    now: Profile
    limits: Limits
    found: tuple[Drift, ...]


def compare(before: Profile, frame: "pd.DataFrame | Table", problem: Problem, limits: Limits) -> Comparison:
    """Compare the rows of ``frame`` with an earlier profile of the same problem.

    A change counts when chance explains it in less than ``limits.false_alarm`` of honest samples, over all the
    comparisons together, and it exceeds its limit. Columns that one of the two lacks are not compared.
    """
    now = profile_of(frame, problem, like=before)
    pairs = [(old, new) for old in before.columns if (new := now.column(old.name))]
    chance = limits.false_alarm / (2 * len(pairs) + 1)
    changed = {new.name: one for old, new in pairs if (one := _distribution(old, new, limits, chance))}
    found = _swapped(before, frame, problem, changed, limits)
    swapped = {column for one in found for column in one.columns}
    found += [one for name, one in changed.items() if name not in swapped]
    found += _target(before, now, limits, chance)
    related = [pair for pair in pairs if pair[1].name not in swapped and not _is_constant(changed, pair[1].name)]
    found += relations.changes(related, before.target, limits, deviation(chance))
    return Comparison(before, now, limits, tuple(found))


def distances(before: Profile, now: Profile) -> dict[str, float]:
    """Return how far each column is from what it was, 0 (alike) to 1, of two profiles in the same bins."""
    pairs = [(old, new) for old in before.columns if (new := now.column(old.name))]
    return {old.name: distance(old.table().sum(axis=1), new.table().sum(axis=1)) for old, new in pairs}


def _is_constant(changed: dict[str, Drift], column: str) -> bool:
    return column in changed and changed[column].change == "constant-column"


def _distribution(old: ColumnProfile, new: ColumnProfile, limits: Limits, chance: float) -> Drift | None:
    before, now = old.table().sum(axis=1), new.table().sum(axis=1)
    if not before.sum() or not now.sum():
        return None
    filled = (before > 0).sum()
    if filled > 1 and (now > 0).sum() == 1 and now.sum() > 1 and chance_of_difference(before, now) < chance:
        only = new.bins.label(int(now.argmax()))
        return Drift(
            "constant-column",
            (old.name,),
            f"Column {old.name} holds nothing but {only}; it held {filled} kinds of values.",
        )
    apart = distance(before, now)
    if apart <= limits.of(old.name, "distribution") or chance_of_difference(before, now) >= chance:
        return None
    shares_before, shares_now = before / before.sum(), now / now.sum()
    lost = [
        old.bins.label(index)
        for index in range(old.bins.count - 1)
        if old.bins.levels and shares_before[index] >= _LARGE_GROUP and not now[index]
    ]
    if lost:
        return Drift(
            "group-lost", (old.name,), f"Column {old.name} holds no row with {', '.join(lost)} any more; it held many."
        )
    most = int(abs(shares_now - shares_before).argmax())
    return Drift(
        "distribution-changed",
        (old.name,),
        f"Column {old.name}: {100 * apart:.0f} % of its cells would have to move to be distributed as before; "
        f"{old.bins.label(most)} has {_percent(shares_now[most])} of the rows, before {_percent(shares_before[most])}.",
    )


def _swapped(
    before: Profile, frame: "pd.DataFrame | Table", problem: Problem, changed: dict[str, Drift], limits: Limits
) -> list[Drift]:
    """Find two changed columns that are distributed as the other was."""
    found = []
    for pair in combinations([column for column in before.columns if column.name in changed], 2):
        if all(_fits(there, here, frame, problem, limits) for there, here in (pair, pair[::-1])):
            first, second = pair[0].name, pair[1].name
            sentence = f"Columns {first} and {second} look exchanged: each is distributed as the other was."
            found.append(Drift("columns-swapped", (first, second), sentence))
    return found


def _fits(
    there: ColumnProfile, here: ColumnProfile, frame: "pd.DataFrame | Table", problem: Problem, limits: Limits
) -> bool:
    """Say whether the cells of column ``here`` are distributed as those of ``there`` were."""
    if bool(there.bins.levels) != bool(here.bins.levels):
        return False
    now = in_bins_of(frame, problem.field(here.name), there.bins)
    return distance(there.table().sum(axis=1), now) <= 2 * limits.of(there.name, "distribution")


def _target(before: Profile, now: Profile, limits: Limits, chance: float) -> list[Drift]:
    if not before.columns or not now.columns:
        return []
    old, new = before.columns[0].table().sum(axis=0), now.columns[0].table().sum(axis=0)
    apart = distance(old, new)
    if apart <= limits.target or chance_of_difference(old, new) >= chance:
        return []
    share_before, share_now = old / old.sum(), new / max(new.sum(), 1)
    shares = "; ".join(
        f"{before.target.label(index)}: {_percent(share_now[index])}, before {_percent(share_before[index])}"
        for index in range(before.target.count - 1)
        if old[index] or new[index]
    )
    return [Drift("target-share-changed", (), f"The target is distributed otherwise. {shares}.")]


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
