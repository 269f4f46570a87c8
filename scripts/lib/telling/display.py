"""Show progress on a terminal: the running stage with a spinner, its time and its last lines; what ended stays."""

import sys
import threading
import time
from collections import deque
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

_LINES = 5
_REFRESH_SECONDS = 0.1
_MARKS = {"✓": "green", "✗": "red", "?": "yellow"}


class Display:
    """The live display of one command on stderr. Colours obey ``NO_COLOR``, the width is that of the terminal."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console: Console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)
        self._live: Live | None = None
        self._title = ""
        self._begun = 0.0
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._ended = threading.Event()
        # Rich's own thread may draw while a message is printed, and then both move the cursor from the same place.
        self._lock = threading.RLock()

    def begin(self, title: str) -> None:
        """Start to show a stage, until ``end``."""
        from rich.live import Live
        from rich.spinner import Spinner

        self._title, self._begun = title, time.monotonic()
        self._lines.clear()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            get_renderable=self._running,
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)
        self._ended = threading.Event()
        threading.Thread(target=self._refresh, args=(self._live, self._ended), daemon=True).start()

    def end(self, mark: str, seconds: float, outcome: str) -> None:
        """Replace the running stage by one line about how it ended."""
        from rich.text import Text

        self.stop()
        line = Text.assemble(
            (f"{mark} ", _MARKS[mark]), (self._title, "bold"), f"  {outcome}", (f"  {seconds:.1f} s", "dim")
        )
        self._console.print(line)

    def stop(self) -> None:
        """Stop the spinner and leave a clean screen; may be called twice."""
        with self._lock:
            if self._live is not None:
                live, self._live = self._live, None
                self._ended.set()
                live.stop()

    def tell(self, message: str) -> None:
        """Show a message: a single indented line passes by below the running stage, anything else stays."""
        passing = self._live is not None and message.startswith("    ") and "\n" not in message
        if passing:
            self._lines.append(message.strip())
            return
        with self._lock:
            for line in dedent(message).split("\n"):
                # Tables, paths and commands are not broken at spaces: the terminal wraps them, and they can be copied.
                is_prose = "  " not in line.strip() and not line.startswith("  ")
                self._console.print(_coloured(line), soft_wrap=not is_prose)

    def _refresh(self, live: "Live", ended: threading.Event) -> None:
        while not ended.wait(_REFRESH_SECONDS):
            with self._lock:
                if not ended.is_set():
                    live.refresh()

    def _running(self) -> "Group":
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        head = Table.grid(padding=(0, 1))
        elapsed = f"{time.monotonic() - self._begun:.0f} s"
        head.add_row(self._spinner, Text(self._title, style="bold"), Text(elapsed, style="dim"))
        return Group(
            head, *(Text(f"    {line}", style="dim", no_wrap=True, overflow="ellipsis") for line in self._lines)
        )


def _coloured(line: str) -> "Text":
    from rich.text import Text

    text = Text(line)
    start = len(line) - len(line.lstrip())
    mark = line[start : start + 1]
    if mark in _MARKS and line[start + 1 : start + 2] == " ":
        text.stylize(_MARKS[mark], start, start + 1)
    return text
