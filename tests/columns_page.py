"""Describe the columns of problems: `python -m tests.columns_page` writes docs/columns.md from the data packages."""

import re
from pathlib import Path

from scripts.lib.repository.problem import Field, Problem, find_problem, problem_names

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "columns.md"
HEAD = """# The columns of each problem

Written from `data/NAME/datapackage.json` by `python -m tests.columns_page`. [The data](data.md) says what a description
may hold.
"""


def part(problem: Problem) -> str:
    """Return the section of one problem."""
    rows = [f"| `{field.name}` | {_meaning(field)} | {field.type} | {_values(field)} | {_role(field, problem)} |"
            for field in problem.fields]  # fmt: skip
    head = ["| column | meaning | type | values | role |", "|---|---|---|---|---|"]
    return "\n".join([f"## `{problem.name}`", "", f"{problem.title}.", "", *head, *rows, ""])


def _meaning(field: Field) -> str:
    return field.title.replace("|", "\\|")


def _values(field: Field) -> str:
    if field.categories:
        labels = field.labels or field.categories
        texts = [f"`{one}`" + (f" {label}" if label != one else "")
                 for one, label in zip(field.categories, labels, strict=True)]  # fmt: skip
        return (" < " if field.ordered else ", ").join(texts).replace("|", "\\|")
    low, high = (None if limit is None else f"{limit:g}" for limit in (field.minimum, field.maximum))
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else "any"


def _role(field: Field, problem: Problem) -> str:
    roles = {"target": problem.target, "group": problem.group, "weight": problem.weight, "time": problem.time}
    named = [role for role, column in roles.items() if column == field.name]
    if field.name in problem.unused:
        named.append("unused")
    return ", ".join([*named, *([] if field.required else ["may be missing"])])


def described(text: str) -> dict[str, str]:
    """Return the sections of a page, by the problem that each is about."""
    starts = [match.start() for match in re.finditer(r"^## `", text, re.MULTILINE)]
    sections = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {section.split("`")[1]: section.rstrip() + "\n" for section in sections}


def page() -> str:
    """Return the text of the page, of every problem of the repository."""
    return "\n".join([HEAD, *(part(find_problem(name)) for name in problem_names())])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
