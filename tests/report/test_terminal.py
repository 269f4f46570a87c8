"""What a terminal, a pipe and CI show: recorded through a pseudo-terminal and held to what is kept in ``expected/``.

``UPDATE_EXPECTED=1`` writes what is kept; look at the difference before it is committed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import terminals

EXPECTED = Path(__file__).with_name("expected")
TOLD = (sys.executable, "-m", "tests.report.told")
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def on_terminal(columns, *arguments, interrupt_at=None, **variables):
    """Run the command on a terminal of so many columns; press Ctrl-C when ``interrupt_at`` is on the screen."""
    return terminals.on_terminal(
        columns, *TOLD, *arguments, folder=ROOT, environment=ENVIRONMENT | variables, interrupt_at=interrupt_at
    )


def in_a_pipe(*arguments, **variables):
    done = subprocess.run(
        [*TOLD, *arguments], cwd=ROOT, env=ENVIRONMENT | variables, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def same_as_kept(name, text):
    text = re.sub(r" *\d+\.\d s(?=\s)", " 0.0 s", text)
    kept = EXPECTED / f"{name}.txt"
    if os.environ.get("UPDATE_EXPECTED"):
        EXPECTED.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [80, 200])
def test_a_terminal_shows_the_story_and_then_where_everything_lies(columns):
    seen = on_terminal(columns)
    assert seen.code == 0
    assert not seen.hides_cursor
    assert "\x1b[32m" in seen.sent
    assert '"default"' not in seen.sent
    assert "...." not in seen.screen
    same_as_kept(f"terminal_{columns}", seen.screen)


def test_no_color_takes_the_colours_and_nothing_else():
    seen = on_terminal(80, NO_COLOR="1")
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3\d|4\d|9\d)(?:;\d+)*m", seen.sent)
    same_as_kept("terminal_80", seen.screen)


def test_a_pipe_gets_plain_lines_and_the_result_as_json():
    code, result, story = in_a_pipe()
    assert code == 0
    assert result == '{\n  "default": "ordinal-2e54bf3f1c"\n}\n'
    assert "\x1b" not in story
    same_as_kept("pipe", story)


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"TERM": "dumb"}])
def test_ci_and_a_terminal_that_cannot_move_its_cursor_get_plain_lines(variables):
    seen = on_terminal(200, **variables)
    assert seen.code == 0
    assert "\x1b" not in seen.sent
    assert " 1. Validate the data" in seen.screen


def test_json_on_a_terminal_only_for_whoever_asks():
    assert '"default": "ordinal-2e54bf3f1c"' in on_terminal(200, "--json").screen


def test_ctrl_c_leaves_a_clean_screen():
    seen = on_terminal(80, "--wait", "30", interrupt_at="fold 7: completed")
    assert seen.code == 130
    assert not seen.hides_cursor
    assert "Traceback" not in seen.screen
    same_as_kept("interrupted", seen.screen.replace("^C", ""))
