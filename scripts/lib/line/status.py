"""The deployments of an endpoint now, and the history of its default."""

from datetime import datetime, timezone
from typing import Any, TypedDict

from scripts.lib.errors import NotFound
from scripts.lib.evidence.contents import Evidence
from scripts.lib.gate.metrics import MetricName
from scripts.lib.line.default_history import HistoryEntry, full_history, read_history
from scripts.lib.line.stored_evidence import stored_evidence
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import Deployment, Endpoint, read_endpoint
from scripts.lib.workspace.job_status import status_of
from scripts.lib.workspace.live_jobs import deployment_of, recent_jobs
from scripts.lib.workspace.release_store import ReleaseStore

_SHOWN_METRICS = 2


class DeploymentStatus(TypedDict):
    """A deployment as ``show_status`` shows it.

    ``age_hours`` counts from its creation; ``limited`` names the metrics that the gate limits, in its order.
    """

    deployment: str
    role: str
    variant: str | None
    age_hours: float | None
    content_digest: str | None
    git_commit: str | None
    last_job: str | None
    last_job_status: str | None
    verdict: str | None
    metrics: dict[MetricName, float] | None
    limited: list[MetricName]


class EndpointStatus(TypedDict):
    """An endpoint as ``show_status`` shows it; the names are '' where there is none."""

    endpoint: str
    azure_name: str
    default: str
    previous: str
    deployments: list[DeploymentStatus]


def endpoint_status(connection: Connection, endpoint: str) -> EndpointStatus:
    """Return the endpoint with its deployments: role, age (hours), digest, variant, last job, judged metrics.

    Raises:
        NotFound: there is no such endpoint.
    """
    client = connection.client
    state = read_endpoint(client, endpoint)
    store = ReleaseStore(connection, endpoint)
    last: dict[str, Any] = {}
    for job in recent_jobs(client):
        last.setdefault(deployment_of(job) or "", job)
    return {
        "endpoint": endpoint,
        "azure_name": state.azure_name,
        "default": state.default or "",
        "previous": state.previous or "",
        "deployments": [_row(state, store, deployment, last.get(deployment.name)) for deployment in state.deployments],
    }


def _row(state: Endpoint, store: ReleaseStore, deployment: Deployment, job: Any) -> DeploymentStatus:
    evidence = stored_evidence(store, deployment.name)
    age = (datetime.now(timezone.utc) - deployment.created).total_seconds() / 3600 if deployment.created else None
    return {
        "deployment": deployment.name,
        "role": _role(state, deployment.name),
        "variant": deployment.variant,
        "age_hours": None if age is None else round(age, 1),
        "content_digest": deployment.content_digest,
        "git_commit": deployment.git_commit,
        "last_job": str(job.name) if job else None,
        "last_job_status": status_of(job) if job else None,
        "verdict": evidence["verdict"]["outcome"] if evidence else None,
        "metrics": evidence["candidate"]["metrics"] if evidence else None,
        "limited": _limited(evidence) if evidence else [],
    }


def _limited(evidence: Evidence) -> list[MetricName]:
    return list(dict.fromkeys(rule["metric"] for rule in evidence["verdict"]["rules"] if rule["metric"]))


def _role(state: Endpoint, name: str) -> str:
    if name == state.default:
        return "default"
    return "previous" if name == state.previous else "candidate"


def endpoint_history(connection: Connection, endpoint: str) -> list[HistoryEntry]:
    """Return every change of the endpoint's default, oldest first; the endpoint may be deleted by now.

    Raises:
        NotFound: there is no such endpoint, and never was one with a default.
    """
    store = ReleaseStore(connection, endpoint)
    try:
        return full_history(store, read_endpoint(connection.client, endpoint))
    except NotFound:
        if entries := read_history(store):
            return entries
        raise


def status_table(status: EndpointStatus) -> list[list[str]]:
    """Return the deployments as rows of text, the first row being the heads."""
    limited = dict.fromkeys(name for entry in status["deployments"] for name in entry["limited"])
    shown = list(limited)[:_SHOWN_METRICS]
    rows = [["deployment", "role", "age", "gate", *shown, "last job"]]
    for entry in status["deployments"]:
        metrics = entry["metrics"] or {}
        rows.append(
            [
                entry["deployment"],
                entry["role"],
                "?" if entry["age_hours"] is None else f"{entry['age_hours']:.1f} h",
                entry["verdict"] or "not judged",
                *(f"{metrics[name]:.3f}" if name in metrics else "" for name in shown),
                f"{entry['last_job']} {entry['last_job_status']}" if entry["last_job"] else "none",
            ]
        )
    return rows


def history_table(entries: list[HistoryEntry]) -> list[list[str]]:
    """Return the history as rows of text, newest first, the first row being the heads."""
    rows = [["at", "what", "default", "before", "evidence", "commit"]]
    for entry in reversed(entries):
        forced = f" by force: {entry['forced']}" if entry.get("forced") else ""
        rows.append(
            [
                entry["at"],
                entry["action"] + forced,
                entry.get("default", "none"),
                entry.get("previous", "none"),
                str(entry.get("evidence", "none"))[:19],
                str(entry.get("commit", ""))[:10],
            ]
        )
    return rows
