"""The rules that a problem's description states: columns, types, ranges, categories, what is never missing."""

import json
from collections.abc import Iterator
from typing import Any

from scripts.lib.repository.problem import Field, Problem

Rule = dict[str, Any]

_NUMBERS = ["int64", "float64", "int", "float"]


def suite_of(problem: Problem) -> Rule:
    """Return the whole Great Expectations suite: the described rules, and those of ``expectations.json``.

    A rule there that is on all columns, such as that of copies, does not list them.
    """
    suite: Rule = json.loads(problem.suite_file.read_text(encoding="utf-8"))
    columns = list(problem.columns)
    of_column: dict[str | None, list[Rule]] = {}
    for rule in suite["expectations"]:
        if rule["type"] == "expect_compound_columns_to_be_unique":
            rule["kwargs"].setdefault("column_list", columns)
        of_column.setdefault(rule["kwargs"].get("column"), []).append(rule)
    rules = [_header(columns), *of_column.pop(None, [])]
    for field in problem.fields:
        rules += [*_rules(field, problem), *of_column.pop(field.name, [])]
    # What is left names a column that is none: Great Expectations says so.
    rules += [rule for others in of_column.values() for rule in others]
    return {**suite, "expectations": rules}


def _header(columns: list[str]) -> Rule:
    shown = ", ".join(columns) if len(columns) <= 50 else f"{', '.join(columns[:50])}, and {len(columns) - 50} more"
    words = f"The columns are exactly these, in this order: {shown}."
    return _rule("expect_table_columns_to_match_ordered_list", {"column_list": columns}, words, "columns")


def _rules(field: Field, problem: Problem) -> Iterator[Rule]:
    name = field.name
    what = f" ({field.title})" if field.title else ""
    types, word = (["str"], "a word") if field.is_text else (_NUMBERS, "a number")
    if field.kind == "date":
        word = "a date"
    yield _column_rule("expect_column_values_to_be_in_type_list", name, {"type_list": types}, f"is {word}", "type")
    if field.kind == "date":
        yield _column_rule(
            "expect_column_values_to_match_regex",
            name,
            {"regex": r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?$"},
            "is written as 2026-01-31 or 2026-01-31T12:00:00",
            "date",
        )
    if field.categories:
        values = list(field.categories) if field.is_text else [_number(text) for text in field.categories]
        labels = field.labels or ("",) * len(values)
        shown = [f"{value} ({label})" if label else str(value) for value, label in zip(values, labels, strict=True)]
        words = f"is one of {', '.join(shown)}{'' if field.labels else what}"
        yield _column_rule("expect_column_values_to_be_in_set", name, {"value_set": values}, words, "categories")
    elif field.minimum is not None or field.maximum is not None:
        limits = {"min_value": field.minimum, "max_value": field.maximum}
        given = {key: value for key, value in limits.items() if value is not None}
        yield _column_rule("expect_column_values_to_be_between", name, given, f"{_range(field)}{what}", "range")
    if field.required or name == problem.target:
        rule = _column_rule("expect_column_values_to_not_be_null", name, {}, "", "missing")
        yield {**rule, "description": f"No {name} is missing."}


def _column_rule(kind: str, column: str, kwargs: Rule, words: str, rule: str) -> Rule:
    return _rule(kind, {"column": column, **kwargs}, f"Every value of {column} {words}.", rule)


def _rule(kind: str, kwargs: Rule, description: str, rule: str) -> Rule:
    return {"type": kind, "kwargs": kwargs, "description": description, "meta": {"rule": rule, "scope": "file"}}


def _range(field: Field) -> str:
    if field.maximum is None:
        return f"is at least {field.minimum:g}"
    return (
        f"is at most {field.maximum:g}" if field.minimum is None else f"is from {field.minimum:g} to {field.maximum:g}"
    )


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value
