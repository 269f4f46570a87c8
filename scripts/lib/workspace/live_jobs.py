"""Find the jobs of this release line among all of a workspace: by their tags, experiment and inputs.

``batch_deployments.list_jobs`` would tell an endpoint's jobs, but the service is known to refuse it, and invoked jobs
cannot be tagged. The service itself tags an invoked job with its deployment and puts it into the endpoint's
experiment.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.job_status import CANCELING, TERMINAL, status_of

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_DEPLOYMENT_TAG = "azureml.deploymentname"
# The list is newest first, and goes back to the workspace's beginnings.
_LOOKED_AT = 500
_ADDRESS = re.compile(r".*?(?:/data/([^/]+)/versions/|/(?=datastores/))", re.IGNORECASE)


def recent_jobs(client: "MLClient", tag: str | None = None) -> Iterator[Any]:
    """Return the newest jobs that are no step of another, newest first; with ``tag``, those that have it."""
    listed = client.jobs.list(tag=tag) if tag else client.jobs.list()
    return (job for job in islice(listed, _LOOKED_AT) if job is not None)


def newer_jobs(client: "MLClient", listed: Sequence[Any]) -> list[Any]:
    """Return the jobs that came after those ``listed``, newest first; to list hundreds once more takes seconds."""
    known = {job.name for job in listed}
    return list(takewhile(lambda job: job.name not in known, recent_jobs(client)))


def is_live(job: Any) -> bool:
    """Say whether a job has yet to end by itself: one that is being canceled has not."""
    return status_of(job) not in (*TERMINAL, CANCELING)


def deployment_of(job: Any) -> str | None:
    """Return the name of the deployment that was invoked, or None for a job that is no invocation."""
    return (job.tags or {}).get(_DEPLOYMENT_TAG)


def invocations(
    client: "MLClient",
    endpoint: str,
    deployment: str,
    inputs: Mapping[str, Any],
    listed: Iterable[Any],
) -> list[Any]:
    """Return those of the jobs ``listed`` that invocations of a deployment on these inputs made, in their order."""
    wanted, experiment = {name: _told(given) for name, given in inputs.items()}, endpoint_name(client, endpoint)
    return [
        job
        for job in listed
        if deployment_of(job) == deployment
        and job.experiment_name == experiment
        and {name: _told(given) for name, given in (job.inputs or {}).items()} == wanted
    ]


def tagged(client: "MLClient", tag: str, value: str) -> list[Any]:
    """Return the recent jobs that carry a tag, newest first."""
    return [job for job in recent_jobs(client, tag) if (job.tags or {}).get(tag) == value]


def _told(given: Any) -> str:
    """Return what an input is: a literal as text, or an address in one form for what one gives and what is listed."""
    given = getattr(given, "_data", given)  # of a job that is listed; the SDK refuses to be asked for a literal's path
    path = getattr(given, "path", None)
    if path is None:
        return str(getattr(given, "default", given))
    text = _ADDRESS.sub(lambda found: f"{found[1]}:" if found[1] else "", str(path), count=1)
    return text.removeprefix("azureml:").rstrip("/")
