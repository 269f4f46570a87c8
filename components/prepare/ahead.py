"""Compute what is needed next while the caller uses what it has; NumPy lets other threads run meanwhile."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# More threads would wait for the one that takes the results.
MOST_WORKERS = 4


def spare_threads() -> int:
    """Return how many threads are worth starting on the cores that this process may use: none on a single one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_WORKERS, usable) if usable > 1 else 0


def ahead(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Yield ``function`` of each of ``items`` in their order; ``workers`` threads are at most that many items ahead.

    Without workers, or of a single item, it is computed when it is asked for. What a call raises is raised in its turn.
    """
    rest = iter(items)
    first = list(islice(rest, 2))
    if not workers or len(first) < 2:
        yield from map(function, chain(first, rest))
        return
    # A step with few rows need not wait for this import.
    from concurrent.futures import Future, ThreadPoolExecutor

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in chain(first, rest):
            waiting.append(pool.submit(function, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
