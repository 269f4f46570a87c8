"""Validate every file of a data source, and all of them together, and write down what came out."""

import json
from pathlib import Path

from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource

ALL_FILES = "all files"


def validate(source: DataSource, output: Path) -> Report:
    """Judge ``source`` by the suite and write ``validation_result.json`` and Data Docs to ``output``.

    The files are read as the user gave them, so a line number is that of the user's file. Raises DataRejected
    at once for a file that is no table; rules that are not met are in the report.
    """
    from scripts.lib.data.data_docs import write_data_docs
    from scripts.lib.data.expectations import Judge
    from scripts.lib.data.findings import finding
    from scripts.lib.data.table import read_table, stack

    tables = {file.path.name: read_table(file) for file in source.files}
    judge = Judge()
    if len(tables) == 1:
        judged = {name: judge.judge(table, ["file", "folder"]) for name, table in tables.items()}
    else:
        judged = {name: judge.judge(table, ["file"]) for name, table in tables.items()}
        judged[ALL_FILES] = judge.judge(stack(tables), ["folder"])
    report = Report(
        source,
        findings=tuple(
            finding(name, result)
            for name, results in judged.items()
            for result in results
            if not result.success
        ),
        rules=sum(map(len, judged.values())),
        result_file=output / "validation_result.json",
        data_docs=output / "data_docs" / "index.html",
    )
    details = {name: [result.to_json_dict() for result in results] for name, results in judged.items()}
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_result() | {"results": details}, indent=2)
    report.result_file.write_text(text + "\n", encoding="utf-8")
    write_data_docs(report.data_docs, judged)
    return report
