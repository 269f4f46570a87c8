"""Plan which deployments of an endpoint to delete, and delete them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scripts.lib.errors import Conflict
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_writing import stale_tags, write_endpoint
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Endpoint, read_endpoint
from scripts.lib.workspace.job_status import TERMINAL, status_of
from scripts.lib.workspace.live_jobs import deployment_of, recent_jobs
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import deleted

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Decision = Literal["keep", "delete"]


@dataclass(frozen=True)
class Retirement:
    """The decision about one deployment, and the reason for it."""

    deployment: str
    decision: Decision
    reason: str


def plan_retirement(
    client: "MLClient", endpoint: str, keep: int, keep_previous: bool = True, spared: Collection[str] = ()
) -> list[Retirement]:
    """Return the decision about each deployment.

    Kept are the default, the previous default unless ``keep_previous`` is False, those in ``spared``, the ``keep``
    newest others, and those with a running job.
    """
    state = read_endpoint(client, endpoint)
    busy = _running_jobs(client)
    plan = []
    newest = keep
    for deployment in state.deployments:
        name = deployment.name
        if name == state.default:
            plan.append(Retirement(name, "keep", "it is the default"))
        elif name == state.previous and keep_previous:
            plan.append(Retirement(name, "keep", "it is the previous default, to roll back to"))
        elif name in spared:
            plan.append(Retirement(name, "keep", "the gate refused it just now; it is kept to be looked at"))
        elif newest > 0:
            newest -= 1
            plan.append(Retirement(name, "keep", f"it is one of the {keep} newest others"))
        elif name in busy:
            plan.append(Retirement(name, "keep", f"its job {busy[name]} is running"))
        else:
            plan.append(Retirement(name, "delete", "nothing needs it"))
    return plan


def retire(connection: Connection, endpoint: str, plan: list[Retirement]) -> list[str]:
    """Delete the deployments that ``plan`` marks for deletion; return the names of those deleted.

    Each is checked again with the endpoint's lock held: one that has a running job by now is kept.

    Raises:
        Conflict: one of them has become the default meanwhile, or the workspace did not delete it.
    """
    client = connection.client
    store = ReleaseStore(connection, endpoint)
    names: list[str] = []
    for planned in plan:
        if planned.decision == "keep":
            continue
        with endpoint_lock(store):
            state = read_endpoint(client, endpoint)
            if state.default == planned.deployment:
                raise Conflict(f"{planned.deployment} has become the default of {endpoint}; it is not deleted.")
            gone = planned.deployment not in [deployment.name for deployment in state.deployments]
            if gone or planned.deployment in _running_jobs(client):
                continue
            _delete(client, state, planned.deployment)
            write_endpoint(client, endpoint, {EVIDENCE_TAG + planned.deployment: None})
        names.append(planned.deployment)
    if stale_tags(read_endpoint(client, endpoint)):  # of what a command deleted that was killed then
        with endpoint_lock(store):
            write_endpoint(client, endpoint, {})
    return names


def _delete(client: "MLClient", state: Endpoint, name: str) -> None:
    deleted(
        lambda: client.batch_deployments.get(name=name, endpoint_name=state.azure_name),
        lambda: client.batch_deployments.begin_delete(name=name, endpoint_name=state.azure_name).result(),
        f"deployment {name} of endpoint {state.name}",
    )


def _running_jobs(client: "MLClient") -> dict[str, str]:
    """Return the invoked deployments whose jobs have not ended, each with such a job."""
    running = {}
    for job in recent_jobs(client):
        if (name := deployment_of(job)) and status_of(job) not in TERMINAL:
            running[name] = str(job.name)
    return running


def retirement_summary(plan: list[Retirement], deleted: list[str] | None) -> str:
    """Return in Markdown what was deleted, or with ``deleted=None`` (a dry run) what would be."""
    verb = "Would be deleted" if deleted is None else "Deleted"
    lines = ["### Deployments", "", "| deployment | | why |", "|---|---|---|"]
    for planned in plan:
        gone = planned.decision == "delete" and (deleted is None or planned.deployment in deleted)
        lines.append(f"| `{planned.deployment}` | {verb if gone else 'kept'} | {planned.reason} |")
    return "\n".join(lines) + "\n"
