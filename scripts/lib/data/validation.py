"""Validate every file of a data source, and all files together, and write the results."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.lib.data.blocks.stored_table import BLOCK_ROWS
from scripts.lib.data.inspection import DataFile
from scripts.lib.data.parquet_text import is_parquet
from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource
from scripts.lib.repository.problem import Problem

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult

    from scripts.lib.data.blocks.stored_table import Table
    from scripts.lib.data.expectations import ExpectationSuite, Scope

ALL_FILES = "all files"
PARQUET = "all Parquet files"


class _Judged(NamedTuple):
    """The results on one table, and the rows that copies are shown of."""

    results: list["ExpectationValidationResult"]
    rows: "pd.DataFrame"


class _Outcome(NamedTuple):
    judged: Mapping[str, _Judged]
    table: "pd.DataFrame | Table"


def validate(source: DataSource, output: Path, problem: Problem, block_rows: int = BLOCK_ROWS) -> Report:
    """Validate ``source`` by the problem's suite and write ``validation_result.json`` and Data Docs to ``output``.

    The files are read as the user gave them, so a line number is that of the user's file. Raises DataRejected
    at once for a file that is no table; rules that are not met are in the report.
    """
    from scripts.lib.data.data_docs import write_data_docs
    from scripts.lib.data.distributions import distributions
    from scripts.lib.data.expectations import ExpectationSuite
    from scripts.lib.data.findings import finding

    suite = ExpectationSuite(problem)
    in_memory = source.rows <= block_rows
    judged, table = _in_memory(source, problem, suite) if in_memory else _by_blocks(source, problem, suite, block_rows)
    results = {name: each.results for name, each in judged.items()}
    findings = tuple(
        finding(name, result, each.rows)
        for name, each in judged.items()
        for result in each.results
        if not result.success
    )
    spread = distributions(table)
    report = Report(
        source,
        findings,
        rules=sum(map(len, results.values())),
        result_file=output / "validation_result.json",
        data_docs=write_data_docs(output / "data_docs", results, findings, suite.suite_name, spread),
        distributions=spread,
        table=table,
    )
    details = {name: [result.to_json_dict() for result in each] for name, each in results.items()}
    text = json.dumps(report.as_document() | {"results": details}, indent=2)
    report.result_file.write_text(text + "\n", encoding="utf-8")
    return report


def _in_memory(source: DataSource, problem: Problem, suite: "ExpectationSuite") -> _Outcome:
    from scripts.lib.data.table import read_table, stack

    tables = _tables(source, lambda file: read_table(file, problem), stack)
    judged = {
        name: _Judged(suite.validate(frame, scopes), frame)
        for (name, frame), scopes in zip(tables.items(), _scopes(tables), strict=True)
    }
    return _Outcome(judged, tables[list(tables)[-1]])


def _by_blocks(source: DataSource, problem: Problem, suite: "ExpectationSuite", block_rows: int) -> _Outcome:
    from scripts.lib.data.blocks.columns import Stacked
    from scripts.lib.data.blocks.judging import judge
    from scripts.lib.data.blocks.reading import store
    from scripts.lib.data.blocks.stored_table import Table

    kept = tempfile.TemporaryDirectory()
    places = (Path(kept.name, str(number)) for number in range(len(source.files)))
    stored = _tables(source, lambda file: store(file, problem, next(places), block_rows), Stacked)
    tables = {name: Table(columns, kept) for name, columns in stored.items()}
    judged = {
        name: _Judged(*judge(suite, table, scopes, block_rows))
        for (name, table), scopes in zip(tables.items(), _scopes(tables), strict=True)
    }
    return _Outcome(judged, tables[list(tables)[-1]])


def _tables(source: DataSource, read: Callable[[DataFile], Any], stack: Callable[[Mapping[str, Any]], Any]) -> Any:
    """Return the tables to judge, by what they are called, that of all files last."""
    tables = {file.name: read(file) for file in source.files if not is_parquet(file.path)}
    # The files of a Parquet folder are parts of one table.
    parts = {file.name: read(file) for file in source.files if is_parquet(file.path)}
    if len(parts) > 1:
        tables[PARQUET] = stack(parts)
    else:
        tables |= parts
    if len(tables) > 1:
        tables[ALL_FILES] = stack(tables)
    return tables


def _scopes(tables: Mapping[str, Any]) -> Sequence[tuple["Scope", ...]]:
    """Return the scopes of the rules that judge each table; the last is the only one, or that of all files."""
    if len(tables) == 1:
        return [("file", "folder")]
    return [*[("file",)] * (len(tables) - 1), ("folder",)]  # type: ignore[list-item]
