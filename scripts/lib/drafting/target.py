"""Infer what is predicted: the task, the classes, the positive one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import DataRejected

if TYPE_CHECKING:
    import pandas as pd

MANY_CLASSES = 30
FEWEST_ROWS = 100
FEWEST_OF_A_CLASS = 20
_NUMBER_OF_CLASSES = 10
_POSITIVE = (
    "1",
    "yes",
    "y",
    "true",
    "t",
    "positive",
    "pos",
    "bad",
    "ill",
    "sick",
    "fraud",
    "churned",
    "ja",
    "oui",
    "si",
)


@dataclass(frozen=True)
class Target:
    """What is predicted; ``classes`` in their order, the positive one of two last, and the rows of each."""

    task: str
    classes: Sequence[str]
    counts: Sequence[int]


def infer_target(name: str, cells: "pd.Series", field: dict[str, Any], task: str | None) -> Target:
    """Return what the column ``cells`` asks to predict; ``task`` is what the user said, or None.

    Raises:
        DataRejected: nothing can be learned from it; the message says why.
    """
    is_number = field["type"] in ("number", "integer")
    if field["type"] in ("date", "datetime"):
        raise DataRejected(f"The target {name} holds dates. Give a column of classes or numbers.")
    if len(cells) < FEWEST_ROWS:
        raise DataRejected(
            f"There are {len(cells)} rows with a value of {name}; {FEWEST_ROWS} are the least to judge by."
        )
    distinct = cells.nunique()
    if distinct < 2:
        raise DataRejected(f"The target {name} is the same in every row, so there is nothing to learn.")
    few = distinct <= _NUMBER_OF_CLASSES and (field["type"] == "integer" or distinct == 2)
    inferred = "regression" if is_number and not few else "binary" if distinct == 2 else "multiclass"
    task = task or inferred
    if task == "regression":
        if not is_number:
            raise DataRejected(f"The target {name} holds texts, such as {cells.iloc[0]!r}; regression needs numbers.")
        return Target(task, (), ())
    if task == "binary" and distinct != 2:
        raise DataRejected(f"The target {name} has {distinct:,} classes; a binary task needs two.")
    if distinct > MANY_CLASSES:
        raise DataRejected(
            f"The target {name} has {distinct:,} different values; more than {MANY_CLASSES} are no classes. Give a "
            "column of classes, or of numbers with --task regression."
        )
    return _classes(name, cells, task if distinct > 2 else "binary", is_number)


def _classes(name: str, cells: "pd.Series", task: str, is_number: bool) -> Target:
    plain = cells.map(lambda text: f"{float(text):g}") if is_number else cells
    counts = plain.value_counts()
    classes = sorted(counts.index, key=float if is_number else str)
    if odd := [text for text in classes if set(text) & set(',"\n')]:
        raise DataRejected(f"The target {name} has a class with a comma or a quote, {odd[0]!r}. Rename it.")
    rare = {text: int(count) for text, count in counts.items() if count < FEWEST_OF_A_CLASS}
    if rare:
        shown = ", ".join(f"{text} ({count} rows)" for text, count in list(rare.items())[:5])
        raise DataRejected(
            f"Too few rows of some classes of {name} to judge by: {shown}; {FEWEST_OF_A_CLASS} are the least. Join "
            "classes, leave these rows out, or give more."
        )
    if task == "binary":
        named = [text for text in classes if text.lower() in _POSITIVE]
        positive = named[0] if len(named) == 1 else min(classes, key=lambda text: int(counts[text]))
        classes = [text for text in classes if text != positive] + [positive]
    return Target(task, tuple(classes), tuple(int(counts[text]) for text in classes))
