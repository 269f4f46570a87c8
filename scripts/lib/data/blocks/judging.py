"""Judge a table on disk by a suite: cells by blocks whose results are put together, all else by whole columns."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scripts.lib.data.blocks.copies import judge_copies
from scripts.lib.data.blocks.shares import fill_in_shares
from scripts.lib.data.blocks.stored_table import BLOCK_ROWS, Table
from scripts.lib.data.described import Rule
from scripts.lib.data.expectations import EXAMPLES, ExpectationSuite, Scope, as_json

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult

# What these say of a row, they say without a look at another.
OF_EACH_ROW = {
    f"expect_column_values_to_{rule}"
    for rule in (
        *("be_in_type_list", "be_of_type", "be_in_set", "not_be_in_set", "be_between", "not_be_null", "be_null"),
        *("match_regex", "not_match_regex", "match_regex_list", "not_match_regex_list"),
    )
} | {"expect_column_value_lengths_to_be_between", "expect_column_value_lengths_to_equal"}
MEAN = "expect_column_mean_to_be_between"
COPIES = "expect_compound_columns_to_be_unique"


def judge(
    suite: ExpectationSuite, table: Table, scopes: Sequence[Scope], block_rows: int = BLOCK_ROWS
) -> tuple[list["ExpectationValidationResult"], "pd.DataFrame"]:
    """Return what ``suite.validate`` returns for the whole table, and the rows that its examples of copies are in."""
    head = table.at([0])
    rules = suite.rules(head, scopes)
    of_each_row = [rule for rule in rules if rule["type"] in OF_EACH_ROW]
    of_blocks = [suite.run(block, of_each_row) for block in table.blocks(block_rows)] if of_each_row else []
    together = [_together(list(results)) for results in zip(*of_blocks, strict=True)]
    found: list[ExpectationValidationResult] = []
    shown = head
    for rule in rules:
        if rule["type"] in OF_EACH_ROW:
            result = together.pop(0)
            found.append(as_json(result) if result else _whole(suite, table, rule))
        elif rule["type"] == COPIES:
            result, shown = judge_copies(suite, table, rule)
            found.append(as_json(result))
        else:
            found.append(_whole(suite, table, rule))
    return found, shown


def _whole(suite: ExpectationSuite, table: Table, rule: Rule) -> "ExpectationValidationResult":
    """Return the result of a rule on all cells of the columns that it names, or on what says the same of them."""
    import pandas as pd

    kwargs = rule["kwargs"]
    if rule["type"] == "expect_table_row_count_to_be_between":
        frame = pd.DataFrame(index=pd.RangeIndex(len(table)))
    elif rule["type"].startswith("expect_table_column"):
        frame = table.at([0])
    elif rule["type"] == MEAN and (mean := _mean(table, kwargs["column"])) is not None:
        frame = pd.DataFrame({kwargs["column"]: [mean]})
    else:
        frame = table.whole([kwargs["column"]] if "column" in kwargs else table.columns)
    [result] = suite.run(frame, [rule])
    return as_json(result)


def _mean(table: Table, column: str) -> float | None:
    counted = table.tally(column)
    return counted.mean() if counted else None


def _together(results: list["ExpectationValidationResult"]) -> "ExpectationValidationResult | None":
    """Return the result of a rule on all rows, of its results on blocks; None where a block has none."""
    first = results[0]
    if any(result.exception_info.get("raised_exception", True) for result in results):
        return None
    if any("unexpected_count" not in result.result for result in results):
        return first  # the type of a whole column, the same in each block
    told = first.result
    for name in ("element_count", "unexpected_count", "missing_count"):
        if name in told:
            told[name] = sum(result.result[name] for result in results)
    first.success = _finish(told, first.expectation_config.kwargs.get("mostly", 1.0), results)
    return first


def _finish(told: dict[str, Any], mostly: float, results: list["ExpectationValidationResult"]) -> bool:
    """Fill in shares and examples, as Great Expectations does; return whether the rule is met."""
    for name in ("partial_unexpected_list", "partial_unexpected_index_list"):
        if any(name in result.result for result in results):
            told[name] = [each for result in results for each in result.result.get(name, ())][:EXAMPLES]
    examples = told.get("partial_unexpected_list", [])
    if "partial_unexpected_counts" in told:
        counts = Counter(examples).most_common(EXAMPLES)
        told["partial_unexpected_counts"] = [{"value": value, "count": count} for value, count in _sorted(counts)]
    return fill_in_shares(told, mostly)


def _sorted(counts: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    try:
        return sorted(counts, key=lambda each: (-each[1], each[0]))
    except TypeError:
        return counts
