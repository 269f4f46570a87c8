"""Validate frames by the Great Expectations suite of a problem."""

import json
import logging
import os
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from scripts.lib.data.described import Rule, suite_of
from scripts.lib.data.table import numbers_only
from scripts.lib.packages import import_large
from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult

Scope = Literal["file", "folder"]

EXAMPLES = 5  # rows shown for a rule that is not met
_ARITHMETIC = ("expect_column_values_to_be_between", "expect_column_mean_to_be_between")


class ExpectationSuite:
    """A problem's expectation suite. To make one imports Great Expectations, which takes seconds."""

    def __init__(self, problem: Problem) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read on import: nothing is sent anywhere
        gx = import_large("great_expectations")
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )

        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        config = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        )
        context = gx.get_context(mode="ephemeral", project_config=config)
        asset = context.data_sources.add_pandas("files").add_dataframe_asset(problem.title)
        self._batches = asset.add_batch_definition_whole_dataframe("rows")
        self._problem = problem
        self._suite = suite_of(problem)
        self.suite_name: str = self._suite["name"]

    def validate(self, frame: "pd.DataFrame", scopes: Sequence[Scope]) -> list["ExpectationValidationResult"]:
        """Return the result of each rule of ``scopes`` whose columns ``frame`` has.

        A failed result on rows names up to EXAMPLES labels of the frame's index.
        """
        return [as_json(result) for result in self.run(frame, self.rules(frame, scopes))]

    def rules(self, frame: "pd.DataFrame", scopes: Sequence[Scope]) -> list[Rule]:
        """Return the rules of ``scopes`` whose columns ``frame`` has."""
        return [rule for rule in self._suite["expectations"] if _applies(rule, frame, scopes)]

    def run(self, frame: "pd.DataFrame", rules: Sequence[Rule]) -> list["ExpectationValidationResult"]:
        """Return the result of each rule, with values as Great Expectations has them in memory."""
        return [
            result
            for (column, arithmetic), alike in groupby(rules, key=lambda rule: _needs(rule, frame))
            for result in self._run(self._part(frame, column, arithmetic), list(alike))
        ]

    def _run(self, frame: "pd.DataFrame", rules: list[Rule]) -> list["ExpectationValidationResult"]:
        import great_expectations as gx

        batch = self._batches.get_batch({"dataframe": frame})
        suite = gx.ExpectationSuite(name=self.suite_name, expectations=rules)
        result_format = {"result_format": "SUMMARY", "partial_unexpected_count": EXAMPLES}
        return list(batch.validate(suite, result_format=result_format).results)

    def _part(self, frame: "pd.DataFrame", column: str | None, arithmetic: bool) -> "pd.DataFrame":
        # The engine copies the frame it is given for every rule, so it gets no more than the column it needs.
        part = frame if column is None else frame[[column]]
        return numbers_only(part, self._problem) if arithmetic else part


def as_json(result: "ExpectationValidationResult") -> "ExpectationValidationResult":
    """Return ``result`` with values that can be written as JSON."""
    from great_expectations.util import convert_to_json_serializable

    # Data Docs prints no numpy numbers, and a row's values without anything between them.
    result.result = json.loads(json.dumps(convert_to_json_serializable(result.result)))
    counts = result.result.get("partial_unexpected_counts", [])
    for count in counts:
        if isinstance(count["value"], list):
            count["value"] = ", ".join(map(str, count["value"]))
    # Whether two missing values are one value to Great Expectations depends on how they were read.
    if missing := sum(count["count"] for count in counts if count["value"] is None):
        known = [count for count in counts if count["value"] is not None]
        result.result["partial_unexpected_counts"] = [{"value": None, "count": missing}, *known]
    return result


def _applies(rule: Rule, frame: "pd.DataFrame", scopes: Sequence[Scope]) -> bool:
    kwargs = rule["kwargs"]
    judges_header = rule["type"].startswith("expect_table_")
    needed = set() if judges_header else {kwargs["column"]} if "column" in kwargs else set(kwargs["column_list"])
    return rule["meta"]["scope"] in scopes and needed <= set(frame.columns)


def _needs(rule: Rule, frame: "pd.DataFrame") -> tuple[str | None, bool]:
    """Return the column of a rule, and whether text in that column must be removed before the rule is checked."""
    column = rule["kwargs"].get("column")
    return column, rule["type"] in _ARITHMETIC and frame[column].dtype == object
