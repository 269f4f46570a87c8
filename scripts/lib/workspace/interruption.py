"""Cancel the jobs of a command when a signal stops it, so that no paid job outlives a canceled workflow."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from scripts.lib.errors import Interrupted
from scripts.lib.telling import results

if TYPE_CHECKING:
    from types import FrameType

    from azure.ai.ml import MLClient


class StartedJobs:
    """The jobs that a command has started, which a signal cancels."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._submitting = False
        self._stopped_by: int | None = None

    def submit(self, start: Callable[[], str]) -> str:
        """Start a job and return its name; a signal takes effect only after ``start`` has returned the name."""
        self._submitting = True
        try:
            name = start()
            self.names.append(name)
        finally:
            self._submitting = False
            if self._stopped_by is not None:
                raise Interrupted(self._stopped_by)
        return name

    def stop(self, number: int, frame: "FrameType | None") -> None:
        """Handle a signal; a second one takes effect at once, even during ``submit``."""
        if self._submitting and self._stopped_by is None:
            self._stopped_by = number
            return
        raise Interrupted(number)

    def cancel(self, client: "MLClient", reason: str) -> None:
        """Cancel every job that has been started."""
        for name in self.names:
            results.tell(f"Stopped by {reason}: canceling job {name}")
            try:
                client.jobs.begin_cancel(name)
            except Exception as error:
                results.tell(f"Job {name} could not be canceled; see whether it still runs. {error}")


@contextlib.contextmanager
def canceled_on_interrupt(client: "MLClient") -> Iterator[StartedJobs]:
    """Cancel the jobs that are submitted in this context when a signal stops the command."""
    started = StartedJobs()
    numbers = (signal.SIGINT, signal.SIGTERM)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, started.stop) for number in numbers} if in_main_thread else {}
    try:
        yield started
    except Interrupted as interrupt:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        started.cancel(client, str(interrupt))
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
