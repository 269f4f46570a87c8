"""Who may import whom, and what a command may import before it has work to do."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
OURS = {"scripts", "components", "emulator", "tests", "benchmarks"}
HEAVY = ("azure.ai.ml", "mlflow", "xgboost", "great_expectations", "pandas", "sklearn", "scipy", "numpy")
COMMANDS = sorted(path for path in (REPOSITORY / "scripts").glob("*.py") if path.name != "__init__.py")


def files(folder):
    return sorted((REPOSITORY / folder).rglob("*.py"))


def imported(path, at_import_only=False):
    """Return the modules that a file imports; with ``at_import_only`` those that importing it imports."""
    pending, found = [ast.parse(path.read_text(encoding="utf-8"))], set()
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types_only = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        if not (at_import_only and (deferred or for_types_only)):
            pending += ast.iter_child_nodes(node)
    return found


def packages(modules):
    return {module.partition(".")[0] for module in modules}


def heavy(modules):
    return {module for module in modules if any(f"{module}.".startswith(f"{name}.") for name in HEAVY)}


def test_the_rules_can_be_broken(tmp_path):
    """What the rules look for is found where it is."""
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import scipy\n"
        "import emulator.client\ntry:\n    from azure.ai import ml\nexcept ImportError:\n    pass\n"
        "def f():\n    import pandas as pd\n"
    )
    assert packages(imported(path)) & OURS == {"emulator"}
    assert heavy(imported(path)) == {"scipy", "azure.ai.ml", "pandas"}
    assert heavy(imported(path, at_import_only=True)) == {"azure.ai.ml"}


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("emulator/wire/names.py", "import emulator.state.blobs", "rooms"),
        ("emulator/routes/blob/responses.py", "import emulator.routes.mlflow.wire", "routes"),
        ("emulator/jobs/inputs.py", "import emulator.jobs.plans", "stages"),
        ("emulator/runner/processes.py", "import emulator.runner.steps", "circles"),
        ("emulator/wire/names.py", "import scripts.lib.errors", "alone"),
        ("scripts/lib/errors.py", "import emulator.client", "chooser"),
        ("scripts/lib/gate/render.py", "import scripts.lib.workspace.assets", "lib"),
    ],
)
def test_the_walls_say_no(tmp_path, path, line, contract):
    for name in ("emulator", "scripts"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    with (tmp_path / path).open("a") as file:
        file.write(f"\n{line}\n")
    check = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", "--contract", contract]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Contracts: 0 kept, 1 broken." in done.stdout


@pytest.mark.parametrize("path", files("components"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_components_import_nothing_of_ours(path):
    """They run on Azure, where only their own folder is, and what it is uploaded with."""
    definition = path.with_name("component.yml")
    text = definition.read_text() if definition.exists() else ""
    rooms = re.findall(r"^  - \.\./\.\./scripts/lib/(\w+)$", text, re.MULTILINE)
    there = {module for module in imported(path) if module.startswith(tuple(f"scripts.lib.{room}." for room in rooms))}
    assert not packages(imported(path) - there) & OURS


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_command_imports_nothing_heavy_before_it_runs(path):
    assert not heavy(imported(path, at_import_only=True))


def copies_of_the_repository(paths):
    """Return the files that copy the name; a copy keeps the repository that was there when its module was imported."""
    return [path for path in paths if "scripts.lib.repository.files.ROOT" in imported(path)]


def test_the_repository_has_one_place(tmp_path):
    assert not copies_of_the_repository(files("scripts"))
    copy = tmp_path / "copy.py"
    copy.write_text("from scripts.lib.repository.files import ROOT, read_yaml\n")
    assert copies_of_the_repository([copy]) == [copy]


def commands():
    """Import every command; return name to Click command."""
    from importlib import import_module

    return {path.stem: import_module(f"scripts.{path.stem}").main for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_command_and_option_has_help(path):
    command = commands()[path.stem]
    assert isinstance(command, click.Command)
    assert command.help
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []
    context = click.Context(command, info_name=path.stem)
    assert command.get_help(context).startswith("Usage: ")


def test_the_help_of_all_commands_loads_nothing_heavy():
    """In a fresh process, where what is loaded is what the commands loaded."""
    code = (
        "import sys, importlib, click\n"
        f"for name in {[path.stem for path in COMMANDS]!r}:\n"
        "    command = importlib.import_module('scripts.' + name).main\n"
        "    command.get_help(click.Context(command))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_command_answers_for_its_help():
    name = COMMANDS[0].stem
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{name}", "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Options:" in done.stdout


def test_nothing_is_imported_from_a_conftest():
    """Several folders of tests have one: which of them a name means depends on what pytest is asked to run."""
    tests = Path(__file__).parent
    named = re.compile(r"^(from|import) conftest\b", re.MULTILINE)
    found = [
        str(path.relative_to(tests))
        for path in tests.rglob("*.py")
        if "node_modules" not in path.parts and named.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
