"""README agrees with the code: its commands exist, its tables are those of the code, its links lead somewhere."""

import importlib
import re
from pathlib import Path

import click
import pytest

from scripts.lib import errors

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks() -> list[str]:
    return [line for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", [line for line in _blocks() if "-m scripts." in line])
def test_every_script_line_parses(line: str) -> None:
    words = line.split("-m scripts.", 1)[1].split()
    command = importlib.import_module(f"scripts.{words[0]}").main
    command.make_context(words[0], words[1:], resilient_parsing=False)


@pytest.mark.parametrize("line", [line for line in _blocks() if line.startswith("make ")])
def test_every_make_line_names_a_target(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_block_line_is_of_a_kind_that_is_checked() -> None:
    starts = ("make ", "export AZURE_", "export PROBLEM=")
    assert [x for x in _blocks() if not (x.startswith(starts) or "-m scripts." in x)] == []


def test_the_table_of_commands_is_that_of_the_folder() -> None:
    table = README.split("| command | does |")[1].split("```")[0]
    named = set(re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "|" in line)))
    assert named == {path.stem for path in (ROOT / "scripts").glob("[a-z]*.py")}


def test_the_table_of_exit_codes_is_that_of_the_code() -> None:
    described = {int(code) for code in re.findall(r"^\| (\d+)", README.split("| exit code |")[1], re.MULTILINE)}
    raised = {
        value.exit_code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, click.ClickException)
    }
    assert described >= raised | {0, 2}
    assert described - raised <= {0, 2, 130}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
