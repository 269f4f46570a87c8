"""Which tests of a file are about the machine: its variables, its user, its clone."""

import ast
import re
from pathlib import Path

# What a test names that is about the machine.
MACHINE = re.compile(r"GITHUB_|RUNNER_|AZURE_|chmod|[\"']git[\"']")


def about_the_machine(file: Path) -> list[str]:
    """Return the tests of a file that name something of the machine, or use what does: helpers, fixtures, tables."""
    text = file.read_text(encoding="utf-8")
    if not MACHINE.search(text):
        return []
    whole, lines = ast.parse(text).body, text.splitlines()
    found: dict[str, bool] = {}
    used: dict[str, set[str]] = {}
    for part in whole:
        first = min([part.lineno, *(one.lineno for one in getattr(part, "decorator_list", []))])
        says = bool(MACHINE.search("\n".join(lines[first - 1 : part.end_lineno])))
        inside = set(_names(part))
        for name in _defined(part):
            found[name], used[name] = says, inside
    # What is said where nothing is named, or holds for each test of the file, is about all of them.
    always = any(_says_for_all(part, lines) for part in whole)
    while more := [name for name in found if not found[name] and any(found.get(other) for other in used[name])]:
        found.update(dict.fromkeys(more, True))
    return [name for name in found if name.startswith("test_") and (always or found[name])]


def _defined(part: ast.stmt) -> list[str]:
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return [part.name]
    targets = part.targets if isinstance(part, ast.Assign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _names(part: ast.stmt) -> list[str]:
    """The names that a part reads, those of its fixtures among them."""
    inside = list(ast.walk(part))
    texts = [one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    names = [one.id for one in inside if isinstance(one, ast.Name)]
    return [*names, *texts, *(one.arg for one in inside if isinstance(one, ast.arg))]


def _says_for_all(part: ast.stmt, lines: list[str]) -> bool:
    text = "\n".join(lines[part.lineno - 1 : part.end_lineno])
    decorators = " ".join(ast.unparse(one) for one in getattr(part, "decorator_list", []))
    if _defined(part):
        return "autouse=True" in decorators and bool(MACHINE.search(text))
    # The text of a file's first sentence and its imports say nothing of the machine.
    imports = isinstance(part, ast.Import | ast.ImportFrom)
    return not imports and not isinstance(part, ast.Expr) and bool(MACHINE.search(text))
