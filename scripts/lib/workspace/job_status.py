"""How far a job is: the states that the service knows, and which of them are the end."""

from typing import Any

COMPLETED = "Completed"
TERMINAL = (COMPLETED, "Failed", "Canceled", "NotResponding")
CANCELING = "CancelRequested"


def status_of(job: Any) -> str:
    """Return a job's status as text; the SDK gives an enum or a string."""
    return str(getattr(job.status, "value", job.status))
