"""Where people look at what a command told of: the studio, or the page of the workflow run."""

import os
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_studio: ContextVar[str] = ContextVar("studio", default="")


def use_studio(address: str, subscription: str | None, group: str | None, workspace: str | None) -> None:
    """Have pages be those of this workspace in the studio at ``address``; "" where it has none, as the embedded one."""
    place = (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
    )
    _studio.set(f"{address}/endpoints/batch/{{}}/detail?wsid={place}" if address else "")


def job_page(job: Any) -> str:
    """Return the address of a job's page in the studio, or nothing where there is no studio."""
    return str(getattr(job, "studio_url", None) or "") if _studio.get() else ""


def endpoint_page(endpoint: str) -> str:
    """Return the page of an endpoint, by its Azure name, and of its deployments; else that of the workflow run."""
    if page := _studio.get():
        return page.format(endpoint)
    run = [os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*run) if all(run) else ""


def linked_job(client: "MLClient", job: str) -> str:
    """Return the name of a job in Markdown, as a link to its page where it has one."""
    return _linked(job, job_page(client.jobs.get(job)) if _studio.get() else "")


def linked_deployment(deployment: str, endpoint: str) -> str:
    """Return the name of a deployment in Markdown, as a link to the page of its endpoint, which has this Azure name."""
    return _linked(deployment, _studio.get().format(endpoint))


def _linked(name: str, page: str) -> str:
    return f"[`{name}`]({page})" if page else f"`{name}`"


def log_of_step(state: Path | None, step: str) -> str:
    """Return where the log of a step lies below the ``state`` of an embedded workspace; else its job's page has it."""
    if state is None:
        return ""
    log = state / "blobs" / "azureml" / "ExperimentRun" / f"dcid.{step}" / "user_logs" / "std_log.txt"
    return log.resolve().as_uri() if log.is_file() else ""
