"""What a terminal, a pipe and CI show: recorded through a pseudo-terminal and held to what is kept in ``expected/``.

``UPDATE_EXPECTED=1`` writes what is kept; look at the difference before it is committed.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pyte
import pytest

EXPECTED = Path(__file__).with_name("expected")
TOLD = (sys.executable, "-m", "tests.report.told")
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Seen:
    """How a command ended on a terminal: exit code, what stays on the screen and above it, what was sent."""

    code: int
    screen: str
    sent: str
    hides_cursor: bool


def on_terminal(columns, *arguments, interrupt_at=None, **variables):
    """Run the command on a terminal of so many columns; press Ctrl-C when ``interrupt_at`` is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execve(TOLD[0], [*TOLD, *arguments], ENVIRONMENT | variables)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    screen = pyte.HistoryScreen(columns, 50, history=1000)
    stream, sent, ends = pyte.ByteStream(screen), b"", time.monotonic() + 60
    while time.monotonic() < ends:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            block = os.read(terminal, 1 << 16)
        except OSError:
            break
        sent += block
        stream.feed(block)
        if interrupt_at and any(interrupt_at in line for line in screen.display):
            interrupt_at = None
            os.write(terminal, b"\x03")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    above = ["".join(cell.data for _, cell in sorted(line.items())) for line in screen.history.top]
    lines = "\n".join(line.rstrip() for line in [*above, *screen.display]).rstrip() + "\n"
    return Seen(code, lines, sent.decode(), screen.cursor.hidden)


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
