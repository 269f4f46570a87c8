"""Wait for one's turn among processes, as long as one's job is not to stop."""

import fcntl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from emulator.runner.processes import Stopped

_POLL_SECONDS = 0.05


def take_turn(turn: IO[bytes], stopped: Callable[[], bool]) -> None:
    """Lock the file ``turn`` once nobody else holds it.

    Raises:
        Stopped: ``stopped`` said so before.
    """
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if stopped():
            raise Stopped
        time.sleep(_POLL_SECONDS)
