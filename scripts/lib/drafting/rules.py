"""Draft what a problem asks for: expectations with room around what was seen, and a gate from a baseline."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scripts.lib.drafting.baseline import Measured

if TYPE_CHECKING:
    import pandas as pd

    from scripts.lib.drafting.draft import Draft

_ROOM = 0.1
_KEPT = 0.4  # the share of the baseline's advantage over a constant score that a floor asks for
_SURE = 5  # an advantage of so many standard errors is one
_MARGIN = 2.5  # standard errors
_LEAST_MARGIN = 0.08  # of all that there is to know: from a constant score to a perfect one


def expectations(draft: "Draft", fewest_rows: int) -> dict[str, Any]:
    """Return the Great Expectations suite of what the description does not say."""
    rules = [
        _rule(
            "expect_table_row_count_to_be_between",
            {"min_value": fewest_rows},
            f"There are at least {fewest_rows:,} rows.",
            "row count",
            "folder",
        ),
        _copies(draft.table),
    ]
    for column in draft.table.columns:
        share = float((draft.table[column] == "").mean())
        if column != draft.resource["target"]:
            most = 1.0 if share == 1 else min(1.0, round(1.5 * share + _ROOM, 2))
            words = f"At most {100 * most:g} % of {column} are missing."
            kwargs = {"column": column, "mostly": round(1 - most, 2)}
            rules.append(_rule("expect_column_values_to_not_be_null", kwargs, words, "missing", "file"))
    return {
        "name": draft.name,
        "meta": {"version": 1},
        "notes": "What the description does not say; columns, types, ranges and categories come from datapackage.json.",
        "expectations": rules,
    }


def _copies(table: "pd.DataFrame") -> dict[str, Any]:
    most = min(1.0, round(1.5 * float(table.duplicated(keep=False).mean()) + _ROOM, 2))
    words = f"At most {100 * most:g} % of the rows have an exact copy."
    return _rule("expect_compound_columns_to_be_unique", {"mostly": round(1 - most, 2)}, words, "duplicates", "folder")


def _rule(kind: str, kwargs: dict[str, Any], words: str, rule: str, scope: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "description": words, "meta": {"rule": rule, "scope": scope}}


def gate(measured: Mapping[str, Measured], fewest_rows: int, fewest_of_a_class: int | None, task: str) -> str:
    """Return the text of a gate file whose limits follow from a baseline."""
    per_class = f"minimum_per_class: {fewest_of_a_class}\n" if fewest_of_a_class else ""
    if task == "binary":
        per_class += "threshold: 0.5         # a row counts as predicted positive at or above this score\n"
    shown = ", ".join(
        f"{name} {given.value:.3g} (constant score {given.constant:.3g})" for name, given in measured.items()
    )
    return (
        "# What a candidate must show before it becomes the default deployment; docs/gate.md explains each rule.\n"
        f"# Drafted from a baseline: {shown}.\n"
        "# Floors and ceilings ask for two fifths of its advantage; margins are 2.5 standard errors, or 8 % of\n"
        "# what lies between a constant score and a perfect one.\n\n"
        "judgement: {by: line, folds: 5, hold_out: 0.2, hold_out_above: 10000, refit: true}\n\n"
        f"minimum_rows: {fewest_rows}\n{per_class}"
        "confidence: 0.975      # one-sided, for every bound\n"
        "inconclusive: block    # or `pass`: promote when no rule fails but one cannot be decided\n\n"
        "metrics:\n"
        + "".join(f"  {name}: {{{_limits(given)}}}\n" for name, given in measured.items())
        + "\nevidence: {maximum_age_hours: 24}\n"
    )


def _limits(given: Measured) -> str:
    sure = given.advantage > _SURE * given.error
    sign = 1 if given.higher_is_better else -1
    limit = given.constant + sign * _KEPT * given.advantage if sure else given.value - sign * _SURE * given.error
    perfect = 1.0 if given.higher_is_better else 0.0
    margin = max(_MARGIN * given.error, _LEAST_MARGIN * abs(perfect - given.constant))
    word = "floor" if given.higher_is_better else "ceiling"
    return f"{word}: {_figure(max(limit, 0))}, margin: {_figure(margin)}"


def _figure(value: float) -> str:
    """Return a number with three digits that count, and no exponent."""
    return f"{float(f'{value:.3g}'):f}".rstrip("0").rstrip(".")
