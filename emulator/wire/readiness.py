"""Wait until open files can be read."""

import select
from collections.abc import Iterable


def readable(files: Iterable[int], seconds: float) -> list[int]:
    """Return those of the open files, by their numbers, that can be read or have ended, after at most so many seconds.

    Unlike ``select``, ``poll`` takes numbers above 1023, which a program with many open files hands on.
    """
    poll = select.poll()
    for file in files:
        poll.register(file, select.POLLIN)
    return [file for file, _ in poll.poll(seconds * 1000)]
