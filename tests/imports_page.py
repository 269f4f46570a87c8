"""Draw which room imports which: `python -m tests.imports_page` writes docs/imports.md, from import-linter's graph."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "imports.md"
TREES = ("emulator", "scripts.lib")
HEAD = """# Which room imports which

Drawn from the imports themselves by `make imports` (`import-linter drawgraph`); an arrow leads from a room to one that
it imports. [Architecture](architecture.md) says what each is for, and `pyproject.toml` which arrows there may be.
"""


def arrows(tree: str) -> list[tuple[str, str]]:
    """Return the pairs of rooms of a package of which the first imports the second, as import-linter finds them."""
    command = [str(Path(sys.executable).with_name("import-linter")), "drawgraph", tree]
    drawn = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return re.findall(r'^\s*"\.(\w+)" ->\s+"\.(\w+)"', drawn, re.MULTILINE)


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for tree in TREES:
        # `end` and `graph` are words of Mermaid's own; a name with a prefix is none.
        lines = [f"    {tree[0]}_{start}[{start}] --> {tree[0]}_{end}[{end}]" for start, end in arrows(tree)]
        folder = tree.replace(".", "/")
        parts.append("\n".join([f"## `{folder}/`", "", "```mermaid", "flowchart TD", *lines, "```", ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
