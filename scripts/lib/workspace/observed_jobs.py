"""How jobs went: each with its steps, how they ended, and how long they ran, as the run history tells."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@dataclass(frozen=True)
class Observed:
    """A job or a step: ``state`` in lower case (``reused`` where it took earlier outputs), and its times."""

    job: str
    name: str
    state: str
    started: datetime | None
    ended: datetime | None
    steps: tuple["Observed", ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it ran; None while that is not known."""
        if self.started is None or self.ended is None:
            return None
        return max(0.0, (self.ended - self.started).total_seconds())


def observe_job(client: "MLClient", job: str) -> Observed:
    """Return a job with its steps, in the order in which they started."""
    operations: Any = client.jobs
    runs = operations._runs_operations
    children = runs._operation.get_child(
        runs._subscription_id, runs._resource_group_name, runs._workspace_name, job, cls=lambda found: found
    )
    steps = sorted(map(_observed, children), key=lambda step: str(step.started))
    return _observed(runs.get_run_data(job).run_metadata, tuple(steps))


def _observed(run: Any, steps: tuple[Observed, ...] = ()) -> Observed:
    reused = (run.properties or {}).get("azureml.isreused") == "true"
    state = "reused" if reused else str(run.status).lower()
    name = str(run.display_name or run.run_id)
    return Observed(str(run.run_id), name, state, run.start_time_utc, run.end_time_utc, steps)
