"""Say while a job is waited for what it waits for."""

import time
from collections.abc import Callable, Mapping

from scripts.lib.telling import results

_FIRST_SECONDS, _LONGEST_SECONDS = 60.0, 600.0
# https://learn.microsoft.com/rest/api/azureml/jobs/get: JobStatus
_REASONS: Mapping[str, str] = {
    "NotStarted": "it waits for its turn",
    "Queued": "it waits for a node of the cluster; one that sleeps takes some minutes to start",
    "Provisioning": "a node of the cluster is being started",
    "Starting": "a node of the cluster is being started",
    "Preparing": "the image of its environment is built or fetched; the first time takes up to 20 minutes",
    "Running": "it runs",
    "Finalizing": "its outputs are being stored",
    "CancelRequested": "it is being canceled",
    "NotResponding": "its node does not respond",
}


class SignOfLife:
    """Tells what jobs wait for when nothing has been told of them for a while: first after a minute, then less often.

    ``tell`` takes a line of the story.
    """

    def __init__(self, tell: Callable[[str], None] = results.tell, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._started = self._last = clock()
        self._pause = _FIRST_SECONDS

    def told(self) -> None:
        """Note that the story has news."""
        self._last, self._pause = self._clock(), _FIRST_SECONDS

    def look(self, statuses: Mapping[str, str]) -> None:
        """Tell the state of the jobs or steps (label to status) that have not ended, when it is time."""
        now = self._clock()
        if now - self._last < self._pause or not statuses:
            return
        minutes = (now - self._started) / 60
        for label, status in statuses.items():
            self._tell(f"    {minutes:3.0f} min  {label}: {_REASONS.get(status, status.lower())}")
        self._last, self._pause = now, min(self._pause * 2, _LONGEST_SECONDS)
