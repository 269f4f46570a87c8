"""The page on architecture is held to the tree: each path names existing files, once, in the order of their imports."""

import ast
import re
from pathlib import Path

import pytest

from tests import imports_page

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATHS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))
FILES = {title: re.findall(r"^\d+\. `([^`]+)`", text, flags=re.M) for title, text in PATHS.items()}


def test_the_page_is_short_and_holds_three_paths():
    assert len(PAGE.splitlines()) <= 120
    assert len(FILES) == 3
    assert all(len(files) > 10 for files in FILES.values())


@pytest.mark.parametrize("title", FILES)
def test_a_path_names_files_that_exist_each_once(title):
    files = FILES[title]
    assert len(set(files)) == len(files)
    assert [name for name in files if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("title", FILES)
def test_the_files_of_a_path_belong_together(title):
    """Each module of a path is imported by another of it, or runs in a process or an upload of its own."""
    alone = {"emulator/runner/host.py", "emulator/runner/job.py", "emulator/in_step/sitecustomize.py"}
    modules = {name.removesuffix(".py").replace("/", "."): name for name in FILES[title] if name.endswith(".py")}
    imported = {module for name in modules.values() for module in _imports(ROOT / name)}
    entries = {name for name in modules.values() if name.count("/") == 1 or name.startswith("components/")}
    routes = {name for name in modules.values() if name.startswith("emulator/routes/") or name == "emulator/service.py"}
    last = {"scripts/lib/line/evaluation.py"}
    strangers = {name for module, name in modules.items() if module not in imported}
    assert strangers <= entries | alone | routes | last


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_the_drawings_are_those_of_the_imports():
    assert imports_page.PAGE.read_text(encoding="utf-8") == imports_page.page()


@pytest.mark.parametrize("tree", imports_page.TREES)
def test_the_drawn_arrows_go_one_way(tree):
    arrows = imports_page.arrows(tree)
    assert len(arrows) > 15
    while arrows:
        starts, ends = ({arrow[place] for arrow in arrows} for place in (0, 1))
        assert ends - starts, f"a circle in {arrows}"
        arrows = [arrow for arrow in arrows if arrow[1] in starts]


def test_every_room_that_the_page_names_exists():
    rooms = re.findall(r"^\| (.+?) \|", PAGE, flags=re.M)[2:]
    named = [part for room in rooms for part in re.findall(r"`([^`]+/)`", room)]
    places = (ROOT, ROOT / "scripts" / "lib", ROOT / "emulator")
    assert [name for name in named if not any((place / name).is_dir() for place in places)] == []
    assert len(named) > 15
