"""Plan a merge for several problems, each whatever becomes of the others."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.data.address import DataAddress
from scripts.lib.data.source import default_path, resolve
from scripts.lib.errors import ReleaseError
from scripts.lib.line.merge_plan import plan_merge
from scripts.lib.line.planning import plan_summary, plan_text
from scripts.lib.line.validation_in_place import known_source
from scripts.lib.repository.problem import find_problem
from scripts.lib.workspace.connection import Connection


@dataclass(frozen=True)
class ProblemPlan:
    """What a merge does with one problem: whether it ``runs``, and what is said of it; ``default`` serves now."""

    problem: str
    runs: bool
    default: str
    headline: str
    text: str
    summary: str


def plan_problems(connection: Connection, problems: list[str], data: Path | DataAddress | None) -> list[ProblemPlan]:
    """Return the plan of each problem, in order; one that fails is told as such, and runs."""
    return [_plan(connection, problem, data) for problem in problems]


def _plan(connection: Connection, problem: str, data: Path | DataAddress | None) -> ProblemPlan:
    title = f"Plan of `{problem}`"
    try:
        described = find_problem(problem)
        if isinstance(data, DataAddress):
            merge = plan_merge(connection, problem, known_source(connection, problem, data), data)
        else:
            with tempfile.TemporaryDirectory() as work:
                found = resolve(data or default_path(described), Path(work), described)
            merge = plan_merge(connection, problem, found)
    except ReleaseError as error:
        headline = f"Not decided: {error.message}"
        return ProblemPlan(problem, True, "", headline, headline, f"### {title}\n\n{headline}\n")
    changes, result = list(merge.changes), merge.result()
    runs = bool(result["any"] or result["updates"])
    return ProblemPlan(
        problem, runs, merge.default or "", merge.headline, plan_text(changes, merge.headline),
        plan_summary(changes, merge.headline, title),
    )  # fmt: skip
