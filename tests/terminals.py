"""Run a command at a pseudo-terminal, and read what stays on its screen as a person would."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyte


@dataclass(frozen=True)
class Seen:
    """How a command ended on a terminal: exit code, what stays on the screen and above it, what was sent."""

    code: int
    screen: str
    sent: str
    hides_cursor: bool


def on_terminal(
    columns: int,
    *command: str,
    folder: Path,
    environment: Mapping[str, str],
    interrupt_at: str | None = None,
    seconds: float = 300,
) -> Seen:
    """Run the command on a terminal of so many columns; press Ctrl-C when ``interrupt_at`` is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        # Whoever starts the tests in the background has them ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(folder)
        os.execvpe(command[0], command, dict(environment))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    screen = pyte.HistoryScreen(columns, 50, history=1000)
    stream, sent, ends = pyte.ByteStream(screen), b"", time.monotonic() + seconds
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
