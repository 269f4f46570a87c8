"""Turn a rule's result, as Great Expectations gives it, into a finding that people can act on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib.data.report import Finding

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult


def finding(file: str, result: "ExpectationValidationResult", frame: "pd.DataFrame") -> Finding:
    """Return what the unsuccessful ``result`` says about ``file``, whose rows are ``frame``."""
    config = result.expectation_config
    examples = _copies(result.result, frame) if config.meta["rule"] == "duplicates" else _examples(result.result)
    return Finding(
        file=file,
        column=config.kwargs.get("column"),
        rule=config.meta["rule"],
        expected=config.description,
        found=_found(result),
        examples=tuple(examples),
    )


def _found(result: "ExpectationValidationResult") -> str:
    values = result.result
    if "unexpected_count" in values:
        count, total = values["unexpected_count"], values["element_count"]
        return f"{count:,} of {total:,} rows ({100 * count / total:.3g} %) against it"
    if "observed_value" in values:
        return _observed(values["observed_value"])
    raised = [info["exception_message"] for info in result.exception_info.values() if isinstance(info, dict)]
    return f"no result, because the rule could not be checked: {'; '.join(raised)}"


def _observed(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _examples(values: dict[str, Any]) -> list[str]:
    labels = values.get("partial_unexpected_index_list") or []
    shown = values.get("partial_unexpected_list") or []
    return [f"{_place(label)}{_shown(value)}" for label, value in zip(labels, shown, strict=False)]


def _copies(values: dict[str, Any], frame: "pd.DataFrame") -> list[str]:
    """Return, for each example row, all the places (up to three) where it stands."""
    groups = []
    for label in values["partial_unexpected_index_list"]:
        row = frame.loc[tuple(label) if isinstance(label, list) else label]
        same = ((frame == row) | (frame.isna() & row.isna())).all(axis="columns")
        groups.append(" = ".join(map(_place, frame.index[same].tolist()[:3])))
    return list(dict.fromkeys(groups))


def _place(label: int | Sequence[object]) -> str:
    return f"line {label}" if isinstance(label, int) else "{} line {}".format(*label)


def _shown(value: object) -> str:
    if value is None or value != value or isinstance(value, dict):  # a missing value, or a whole row
        return ""
    return f": {value:g}" if isinstance(value, float) else f": {value!r}"
