"""Delete deployments that nobody needs any more, and nothing else."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scripts.lib.endpoints import EVIDENCE_TAG, Endpoint, read_endpoint, write_endpoint
from scripts.lib.errors import Conflict
from scripts.lib.jobs import TERMINAL, status_of
from scripts.lib.ledger import Ledger
from scripts.lib.workspace import Connection

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Decision = Literal["keep", "delete"]


@dataclass(frozen=True)
class Fate:
    """What is to become of one deployment, and why."""

    deployment: str
    decision: Decision
    reason: str


def plan_retirement(
    client: "MLClient", endpoint: str, keep: int, keep_previous: bool = True, spared: Collection[str] = ()
) -> list[Fate]:
    """Decide for each deployment: default, previous default, ``keep`` newest others, spared and busy ones stay."""
    state = read_endpoint(client, endpoint)
    fates = []
    newest = keep
    for deployment in state.deployments:
        name = deployment.name
        if name == state.default:
            fates.append(Fate(name, "keep", "it is the default"))
        elif name == state.previous and keep_previous:
            fates.append(Fate(name, "keep", "it is the previous default, to roll back to"))
        elif name in spared:
            fates.append(Fate(name, "keep", "the gate refused it just now; it is kept to be looked at"))
        elif newest > 0:
            newest -= 1
            fates.append(Fate(name, "keep", f"it is one of the {keep} newest others"))
        elif running := _running_job(client, state, name):
            fates.append(Fate(name, "keep", f"its job {running} is running"))
        else:
            fates.append(Fate(name, "delete", "nothing needs it"))
    return fates


def retire(connection: Connection, endpoint: str, fates: list[Fate]) -> list[str]:
    """Delete what ``fates`` say, each looked at once more with the endpoint's lock held; return the names.

    Raises:
        Conflict: one of them has become the default meanwhile.
    """
    client = connection.client
    deleted: list[str] = []
    for fate in fates:
        if fate.decision == "keep":
            continue
        with Ledger(connection, endpoint).locked():
            state = read_endpoint(client, endpoint)
            if state.default == fate.deployment:
                raise Conflict(f"{fate.deployment} has become the default of {endpoint}; it is not deleted.")
            gone = fate.deployment not in [deployment.name for deployment in state.deployments]
            if gone or _running_job(client, state, fate.deployment):
                continue
            client.batch_deployments.begin_delete(name=fate.deployment, endpoint_name=endpoint).result()
            write_endpoint(client, endpoint, {EVIDENCE_TAG + fate.deployment: None})
        deleted.append(fate.deployment)
    return deleted


def _running_job(client: "MLClient", state: Endpoint, deployment: str) -> str | None:
    for job in client.batch_deployments.list_jobs(endpoint_name=state.name, name=deployment):
        if status_of(client.jobs.get(job.name)) not in TERMINAL:
            return str(job.name)
    return None


def retirement_summary(fates: list[Fate], deleted: list[str] | None) -> str:
    """Say what was, or would be, deleted, in Markdown; ``deleted`` is None for a dry run."""
    verb = "Would be deleted" if deleted is None else "Deleted"
    lines = ["### Deployments", "", "| deployment | | why |", "|---|---|---|"]
    for fate in fates:
        gone = fate.decision == "delete" and (deleted is None or fate.deployment in deleted)
        lines.append(f"| `{fate.deployment}` | {verb if gone else 'kept'} | {fate.reason} |")
    return "\n".join(lines) + "\n"
