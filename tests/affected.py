"""Name the tests that a change can affect: `python -m tests.affected` prints arguments for pytest.

A change is what differs from the commit before, or from the one that is given. What no rule knows affects everything.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NO_TESTS = ("small_problem",)
TESTS = sorted(
    path.name
    for path in (ROOT / "tests").iterdir()
    if path.is_dir() and path.name[0] not in "._" and path.name not in NO_TESTS
)
EVERYTHING = ["tests"]
# Tests of the line run on the small problem, which brings its own files, unless they are about a shipped one.
ON_SHIPPED_PROBLEMS = sorted(
    f"release/{path.name}"
    for path in (ROOT / "tests" / "release").glob("test_*.py")
    if not re.search(r"\bsmall_\w+", text := path.read_text(encoding="utf-8")) or "heart-disease" in text
)
# The first rule that fits a file counts: how its path begins, and the tests that read such files or run their code.
RULES: list[tuple[str, list[str]]] = [
    ("tests/small_problem", ["release", "workflows"]),
    ("docs/conformance", ["conformance", "test_readme.py"]),
    ("docs/wire", ["wire", "test_readme.py"]),
    ("docs/workflows", ["workflows/test_workflow_rules.py", "workflows/test_events_table.py", "test_readme.py"]),
    ("docs/adaptations", ["problems/test_adaptations_table.py", "test_readme.py"]),
    ("docs/", ["emulator/test_serve_docs.py", "notebook", "gate", "data/test_columns_page.py", "test_readme.py"]),
    ("README.md", ["test_readme.py"]),
    ("LICENSE", []),
    ("benchmarks/", ["gate", "components", "test_import_rules.py"]),
    (r"\.github/", ["workflows"]),
    ("data/", ["data", "problems", "scripts", "release"]),
    ("endpoints/[^/]+/", ["problems", "gate", "scripts", *ON_SHIPPED_PROBLEMS]),
    ("pipelines/[^/]+/", ["problems", "gate/broken", "scripts", *ON_SHIPPED_PROBLEMS]),
    ("pipelines/", ["problems", "release", "scripts", "workflows/test_events.py"]),
    # The small problem trains with a component of its own.
    ("components/train_", ["components", "problems", "scripts", "gate/broken", *ON_SHIPPED_PROBLEMS]),
    (
        "components/",
        ["components", "data", "problems", "scripts", "release", "gate/broken", "workflows/test_events.py"],
    ),
    (
        "scripts/lib/data/",
        [name for name in TESTS if name not in ("conformance", "emulator")] + ["test_import_rules.py"],
    ),
    (
        "scripts/",
        [name for name in TESTS if name not in ("conformance", "emulator", "components")] + ["test_import_rules.py"],
    ),
]


def affected(files: list[str]) -> list[str]:
    """Arguments for pytest: the folders and files of tests that a change of ``files`` can affect."""
    found: set[str] = set()
    for file in files:
        parts = file.split("/")
        if parts[0] == "tests" and len(parts) > 2 and parts[1] in TESTS:
            found.add(parts[1])
            continue
        rule = next((tests for beginning, tests in RULES if re.match(beginning, file)), None)
        if rule is None:
            return EVERYTHING
        found |= set(rule)
    whole = {name for name in found if "/" not in name}
    return [f"tests/{name}" for name in sorted(found) if name in whole or name.split("/")[0] not in whole]


def changed(base: str) -> list[str]:
    """Files that differ from ``base``; a commit that is not there, such as in a shallow clone, is an error."""
    command = ["git", "diff", "--name-only", "--no-renames", base, "HEAD"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


if __name__ == "__main__":
    print(" ".join(affected(changed(sys.argv[1] if len(sys.argv) > 1 else "HEAD^1"))))
