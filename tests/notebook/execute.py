"""Execute a notebook's code cells in order, in one namespace, as Jupyter would; imports nothing of ours."""

import ast
import json
import shlex
import sys
import time
import traceback
from pathlib import Path
from typing import Any

INSTALL = "%pip install "
WRITE = "%%writefile "
# They reload modules that an editor has changed; nothing changes them here.
WITHOUT_EFFECT = ("%load_ext autoreload", "%autoreload ")


def code_cells(notebook: Path) -> list[tuple[int, str]]:
    """Return the code cells of a notebook with their places in it."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [(place, "".join(cell["source"])) for place, cell in enumerate(cells) if cell["cell_type"] == "code"]


def without_installs(source: str) -> tuple[str, list[str]]:
    """Take the lines that install packages out of a cell; return what is left, and the packages.

    A cell that writes a file becomes the Python code that does so.

    Raises:
        SyntaxError: the cell has another magic or shell line.
    """
    kept, installs = [], []
    if source.startswith(WRITE):
        first, _, text = source.partition("\n")
        return f"open({first.removeprefix(WRITE).strip()!r}, 'w').write({text!r})", []
    for line in source.splitlines():
        if line.strip().startswith(INSTALL):
            installs += shlex.split(line.strip().removeprefix(INSTALL))
        elif line.strip().startswith(WITHOUT_EFFECT):
            continue
        elif line.strip().startswith(("%", "!")):
            raise SyntaxError(f"the line {line.strip()!r} is for IPython alone and is not supported")
        else:
            kept.append(line)
    return "\n".join(kept), installs


def run_cell(source: str, namespace: dict[str, Any], name: str) -> Any:
    """Execute a cell and return the value of its last expression, or None."""
    tree = ast.parse(source, filename=name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace)


def display(value: Any) -> None:
    """Build what Jupyter would show of a cell's value; print the plain form."""
    if value is not None:
        getattr(value, "_repr_html_", lambda: None)()
        print(repr(value)[:500])


def execute(notebook: Path, replacements: dict[str, str], report: Path) -> int:
    """Run all code cells with ``replacements`` made in their text; write one JSON line a cell to ``report``.

    Returns 1 at the first cell that raises.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": display}
    for place, source in code_cells(notebook):
        for old, new in replacements.items():
            source = source.replace(old, new)
        began = time.monotonic()
        line: dict[str, Any] = {"cell": place, "installs": [], "error": ""}
        try:
            source, line["installs"] = without_installs(source)
            display(run_cell(source, namespace, f"cell {place}"))
        except Exception:
            line["error"] = traceback.format_exc()
        line["seconds"] = round(time.monotonic() - began, 2)
        with report.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if line["error"]:
            print(line["error"], file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    # As in Jupyter, modules come from the folder of the notebook, not from that of this file.
    sys.path[0] = ""
    sys.exit(execute(Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])))
