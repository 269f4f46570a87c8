"""Validate every file of a data source, and all files together, and write the results."""

import json
from pathlib import Path

from scripts.lib.data.parquet_text import is_parquet
from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource
from scripts.lib.repository.problem import Problem

ALL_FILES = "all files"
PARQUET = "all Parquet files"


def validate(source: DataSource, output: Path, problem: Problem) -> Report:
    """Validate ``source`` by the problem's suite and write ``validation_result.json`` and Data Docs to ``output``.

    The files are read as the user gave them, so a line number is that of the user's file. Raises DataRejected
    at once for a file that is no table; rules that are not met are in the report.
    """
    from scripts.lib.data.data_docs import write_data_docs
    from scripts.lib.data.distributions import distributions
    from scripts.lib.data.expectations import ExpectationSuite, Scope
    from scripts.lib.data.findings import finding
    from scripts.lib.data.table import read_files, read_table, stack

    tables = {file.name: read_table(file, problem) for file in source.files if not is_parquet(file.path)}
    # The files of a Parquet folder are parts of one table.
    parts = [file for file in source.files if is_parquet(file.path)]
    if parts:
        tables[PARQUET if len(parts) > 1 else parts[0].name] = (
            read_files(parts, problem) if len(parts) > 1 else read_table(parts[0], problem)
        )
    scopes: dict[str, tuple[Scope, ...]] = dict.fromkeys(tables, ("file",))
    if len(tables) > 1:
        tables[ALL_FILES] = stack(tables)
    scopes[list(tables)[-1]] = ("file", "folder") if len(tables) == 1 else ("folder",)
    suite = ExpectationSuite(problem)
    judged = {name: suite.validate(table, scopes[name]) for name, table in tables.items()}
    findings = tuple(
        finding(name, result, tables[name])
        for name, results in judged.items()
        for result in results
        if not result.success
    )
    table = tables[list(tables)[-1]]
    spread = distributions(table)
    report = Report(
        source,
        findings,
        rules=sum(map(len, judged.values())),
        result_file=output / "validation_result.json",
        data_docs=write_data_docs(output / "data_docs", judged, findings, suite.suite_name, spread),
        distributions=spread,
        table=table,
    )
    details = {name: [result.to_json_dict() for result in results] for name, results in judged.items()}
    text = json.dumps(report.as_document() | {"results": details}, indent=2)
    report.result_file.write_text(text + "\n", encoding="utf-8")
    return report
