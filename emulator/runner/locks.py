"""Lock files between processes, for as long as the job is not stopped."""

import fcntl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from emulator.runner.processes import Stopped

_POLL_SECONDS = 0.05


def lock_file(file: IO[bytes], stopped: Callable[[], bool]) -> None:
    """Wait until no other process holds the lock of ``file``, and take it; closing the file releases it.

    Raises:
        Stopped: ``stopped`` returned true before.
    """
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if stopped():
            raise Stopped
        time.sleep(_POLL_SECONDS)
