"""Show the progress of a command: its stages with their times, live at a terminal and as plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scripts.lib.errors import Interrupted
from scripts.lib.telling import results


@dataclass
class Story:
    """The stages of one command, with their durations in seconds."""

    started: float = field(default_factory=time.monotonic)
    stages: list[tuple[str, float, str]] = field(default_factory=list)

    @contextmanager
    def stage(self, title: str) -> Iterator[list[str]]:
        """Show that a stage begins and how it ends; the caller puts its outcome into the list."""
        display = results.display()
        if display:
            display.begin(title)
        else:
            results.tell(f"\n{len(self.stages) + 1:2d}. {title}")
        begun = time.monotonic()
        outcome: list[str] = []
        try:
            yield outcome
        except BaseException as error:
            how = "interrupted" if isinstance(error, Interrupted) else "failed"
            self.stages.append((title, time.monotonic() - begun, f"stopped: {how}"))
            if display:
                display.end("✗", self.stages[-1][1], how)
            raise
        seconds = time.monotonic() - begun
        text = ", ".join(outcome) or "done"
        self.stages.append((title, seconds, text))
        if display:
            display.end("✓", seconds, text)
        else:
            results.tell(f"    {seconds:5.1f} s  {text}")
