"""Show the progress of a command: numbered stages with their times, and a table of them at the end."""

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
        results.tell(f"\n{len(self.stages) + 1:2d}. {title}")
        begun = time.monotonic()
        outcome: list[str] = []
        try:
            yield outcome
        except BaseException as error:
            how = "interrupted" if isinstance(error, Interrupted) else type(error).__name__
            self.stages.append((title, time.monotonic() - begun, f"stopped: {how}"))
            raise
        seconds = time.monotonic() - begun
        text = ", ".join(outcome) or "done"
        self.stages.append((title, seconds, text))
        results.tell(f"    {seconds:5.1f} s  {text}")

    def table(self) -> str:
        """Return the stages as a table for a terminal."""
        width = max((len(title) for title, _, _ in self.stages), default=0)
        lines = [f"{title:<{width}}  {seconds:6.1f} s  {outcome}" for title, seconds, outcome in self.stages]
        total = time.monotonic() - self.started
        return "\n".join([*lines, f"{'all':<{width}}  {total:6.1f} s"])

    def markdown(self) -> str:
        """Return the stages as a Markdown table."""
        lines = ["| stage | seconds | outcome |", "|---|---:|---|"]
        lines += [f"| {title} | {seconds:.1f} | {outcome} |" for title, seconds, outcome in self.stages]
        return "\n".join(lines) + "\n"
