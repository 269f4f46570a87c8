"""What a fresh clone shows while `make` installs: at a terminal, in a pipe, and where it fails."""

import os
import re
import shutil
import subprocess

import pytest

from scripts.lib.repository.files import ROOT
from tests.terminals import on_terminal

pytestmark = pytest.mark.slow
SOURCES = ("Makefile", "pyproject.toml", "uv.lock", "requirements.txt", "scripts", "emulator")
PLAIN = r"""Make \.venv, an environment of Python 3\.\d+\.\d+
Install uv into \.venv …
Install uv into \.venv  \d+\.\d s
Install the packages of uv\.lock into \.venv …
Install the packages of uv\.lock into \.venv  installed 1\d\d packages  \d+\.\d s
"""


@pytest.fixture
def clone(tmp_path):
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    return tmp_path


@pytest.fixture
def environment():
    """This machine's, but for what only CI and this process have.

    The packages of the cache are copied, as uv would do with a warning: tests have their folders in memory.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "TERM", "MAKEFLAGS")}
    return kept | {"UV_LINK_MODE": "copy"}


def told(text):
    """Return what was told, without what an index of this machine warns of."""
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("WARNING: "))


def test_a_pipe_gets_a_line_when_something_begins_and_one_when_it_ends(clone, environment):
    done = subprocess.run(["make", ".venv/.release"], cwd=clone, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(PLAIN, told(done.stderr)), done.stderr
    again = subprocess.run(["make", ".venv/.release"], cwd=clone, env=environment, capture_output=True, text=True)
    assert "up to date" in again.stdout
    lock = clone / "uv.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0"))
    broken = subprocess.run(["make", ".venv/.release"], cwd=clone, env=environment, capture_output=True, text=True)
    assert broken.returncode
    assert "error" in broken.stderr.lower()


def test_a_terminal_shows_how_long_it_takes_and_keeps_a_line_each(clone, environment):
    seen = on_terminal(200, "make", ".venv/.release", folder=clone, environment=environment | {"TERM": "xterm"})
    assert seen.code == 0, seen.screen
    assert re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Install uv into \.venv  \d+ s", seen.sent)
    kept = told(seen.screen).splitlines()
    assert [re.sub(r"\d+", "N", line) for line in kept] == [
        "Make .venv, an environment of Python N.N.N",
        "✓ Install uv into .venv  N.N s",
        "✓ Install the packages of uv.lock into .venv  installed N packages  N.N s",
    ]


def test_ctrl_c_leaves_a_clean_screen(clone, environment):
    seen = on_terminal(
        200, "make", ".venv/.release", folder=clone, environment=environment | {"TERM": "xterm"},
        interrupt_at="Install uv",
    )  # fmt: skip
    assert seen.code
    assert "Traceback" not in seen.screen
    assert "Stopped by Ctrl-C" in seen.screen
