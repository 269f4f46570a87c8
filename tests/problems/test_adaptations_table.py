"""The page on adaptations shows the table as the adaptations wrote it, and names every one."""

import ast
from pathlib import Path

from adaptations import PAGE, PROGRAM, markdown

from tests.kept_rows import assert_shown


def test_the_page_shows_the_table():
    assert_shown(PAGE, PROGRAM, markdown())


def test_every_adaptation_is_in_the_table():
    tree = ast.parse(Path(__file__).with_name("test_adaptations.py").read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    missing = [name for name in names if f"| {name.removeprefix('test_').replace('_', ' ')}" not in markdown()]
    assert missing == []
