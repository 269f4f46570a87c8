"""Cancel the jobs of a command on every way out but success, so that no paid job runs on which nobody watches."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from scripts.lib.errors import Interrupted, StillRunning
from scripts.lib.telling import results
from scripts.lib.workspace import repetition
from scripts.lib.workspace.job_status import CANCELING, TERMINAL, status_of
from scripts.lib.workspace.run_notes import note_job
from scripts.lib.workspace.wait_limit import follow
from scripts.lib.workspace.writing import written

if TYPE_CHECKING:
    from types import FrameType

    from azure.ai.ml import MLClient

# GitHub kills ten seconds after its first signal.
_CANCEL_SECONDS = 4.0


class StartedJobs:
    """The jobs that a command has started or joined, to be canceled when it does not end well."""

    def __init__(self, client: "MLClient") -> None:
        self._client = client
        self.names: list[str] = []
        self._submitting = False
        self._stopped_by: int | None = None

    def submit(self, start: Callable[[], str]) -> str:
        """Start a job and return its name; a signal takes effect only after ``start`` has returned the name."""
        self._submitting = True
        try:
            name = start()
            self.names.append(name)
            follow(name)
            note_job(self._client, name)
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
        """Cancel every job that has not ended, and name those that could not be canceled."""
        for name in self.names:
            with repetition.limited(_CANCEL_SECONDS):
                _cancel(client, name, reason)


def ended(client: "MLClient", job: str, *beside: str) -> str | None:
    """Return the status of a job that has ended, or is in one of the states ``beside``; None for one that runs."""
    status = status_of(client.jobs.get(job))
    return status if status in (*TERMINAL, *beside) else None


def cancel_and_see(client: "MLClient", job: str) -> None:
    """Cancel a job, and see that it is being canceled or has ended.

    Raises:
        AzureError: it could not be canceled, or its state could not be read.
        Conflict: the workspace said yes, but it runs on.
    """
    written(
        lambda: client.jobs.begin_cancel(job),
        lambda: ended(client, job, CANCELING),
        lambda: f"The workspace said yes to canceling job {job}, but it runs on.",
    )


def _cancel(client: "MLClient", job: str, reason: str) -> None:
    with contextlib.suppress(Exception):
        if ended(client, job):
            return
    try:
        results.tell(f"Stopped by {reason}: canceling job {job}")
        cancel_and_see(client, job)
    except Exception as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        results.tell(
            f"Job {job} is perhaps left running: nothing shows that it was canceled ({words}). Look at it in Azure ML "
            "studio; if it still runs, the same command joins it."
        )


@contextlib.contextmanager
def canceled_on_exit(client: "MLClient") -> Iterator[StartedJobs]:
    """Cancel the jobs that are submitted inside unless the inside ends well, or leaves them running on purpose."""
    started = StartedJobs(client)
    numbers = (signal.SIGINT, signal.SIGTERM)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, started.stop) for number in numbers} if in_main_thread else {}
    try:
        yield started
    except StillRunning:
        raise
    except BaseException as error:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        started.cancel(client, str(error) if isinstance(error, Interrupted) else type(error).__name__)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
