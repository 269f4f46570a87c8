"""What a validation found, in words and as values."""

import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.data.distributions import Distribution
from scripts.lib.data.source import DataSource
from scripts.lib.errors import DataRejected
from scripts.lib.telling.inert import annotate, inert

if TYPE_CHECKING:
    import pandas as pd

    from scripts.lib.data.blocks.stored_table import Table
    from scripts.lib.data.in_place import Counted


@dataclass(frozen=True)
class Finding:
    """One rule that one file, or all files together, does not meet.

    ``file``: name of the file, or the names of all. ``column``: None for a rule on the whole table.
    ``expected`` and ``found``: sentences. ``examples``: rows, such as ``line 249: '1'``.
    """

    file: str
    column: str | None
    rule: str
    expected: str
    found: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        where = f"{self.file}, column {self.column}" if self.column else self.file
        examples = f" ({'; '.join(self.examples)})" if self.examples else ""
        return f"{where}, {self.rule}: {self.expected} Found {self.found}{examples}."


@dataclass(frozen=True)
class Report:
    """The outcome of a validation and the files that hold it.

    ``table`` are the rows of all files, as read; of rows that are elsewhere there is what was ``counted`` there.
    """

    source: DataSource
    findings: tuple[Finding, ...]
    rules: int
    result_file: Path
    data_docs: Path
    distributions: tuple[Distribution, ...] = ()
    table: "pd.DataFrame | Table | None" = field(default=None, repr=False, compare=False)
    counted: "Counted | None" = field(default=None, repr=False, compare=False)

    def as_result(self) -> dict[str, Any]:
        """Return the outcome as values for ``results.emit``."""
        return {
            "accepted": not self.findings,
            "data": self.source.description,
            "synthetic": self.source.synthetic,
            "digest": self.source.digest,
            "rows": self.source.rows,
            "rules": self.rules,
            "findings": [asdict(finding) for finding in self.findings],
            "validation_result": str(self.result_file),
            "data_docs": str(self.data_docs),
        }

    def as_document(self) -> dict[str, Any]:
        """Return the outcome as values for ``validation_result.json`` and for a report."""
        return self.as_result() | {"distributions": [each.as_result() for each in self.distributions]}

    def summary(self) -> str:
        """Return the outcome as Markdown."""
        verdict = "rejected" if self.findings else "accepted"
        head = f"### Data {verdict}\n\n{inert(self.source.description)}; {self.rules} rules judged.\n"
        return head + "".join(f"\n- {inert(finding, 1000)}" for finding in self.findings)

    def annotate(self) -> None:
        """Show every finding at its file's line on the diff, where GitHub runs the command and the file is there."""
        paths = {file.name: file.path for file in self.source.files}
        for finding in self.findings if paths else ():
            line = re.search(r"\bline (\d+)", " ".join(finding.examples))
            file = paths.get(finding.file, next(iter(paths.values())))
            annotate("error", str(finding), os.path.relpath(file), int(line[1]) if line else None)

    def require_accepted(self) -> None:
        """Raise DataRejected with every finding when there is one."""
        if self.findings:
            listed = "\n".join(f"  {finding}" for finding in self.findings)
            raise DataRejected(f"The data does not meet {len(self.findings)} of {self.rules} rules:\n{listed}")
