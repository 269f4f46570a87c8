"""What libraries print while a command runs: passed on line by line, without the dots by which the SDK waits."""

import sys
from collections.abc import Callable
from typing import Any


class LibraryOutput:
    """Stands for stdout; passes each line to ``tell`` and drops a line of nothing but dots."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._begun = ""

    def write(self, text: str) -> int:
        """Take text; complete lines are passed on at once."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            if line.strip(". \r\t"):
                self._tell(line)
        return len(text)

    def flush(self) -> None:
        """Pass on what was begun, such as a question; dots wait for what follows."""
        if self._begun.strip(". \r\t"):
            sys.stderr.write(self._begun)
            sys.stderr.flush()
            self._begun = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)
