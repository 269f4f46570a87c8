"""Gather what the page of an endpoint shows, from the workspace and from what the line keeps beside the endpoint."""

from datetime import datetime, timezone
from typing import cast

from scripts.lib.evidence.contents import Evidence
from scripts.lib.line.default_history import HistoryEntry
from scripts.lib.line.retirement import plan_retirement
from scripts.lib.line.status import DeploymentStatus, endpoint_history, endpoint_status
from scripts.lib.line.stored_evidence import evidence_with, stored_evidence
from scripts.lib.report.endpoint_page import Change, Deployed, EndpointPage
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.release_store import ReleaseStore

KEPT = 2  # as many others as the workflows keep


def endpoint_overview(connection: Connection, endpoint: str, link: str) -> EndpointPage:
    """Return what the page shows; ``link`` leads to the endpoint in the studio, or is empty.

    Raises:
        NotFound: there is no such endpoint.
    """
    store = ReleaseStore(connection, endpoint)
    status = endpoint_status(connection, endpoint)
    planned = {one.deployment: one for one in plan_retirement(connection.client, endpoint, KEPT)}
    titles: dict[str, str] = {}
    history = [_change(store, entry, titles) for entry in endpoint_history(connection, endpoint)]
    for one in status["deployments"]:
        _learn(titles, stored_evidence(store, one["deployment"]))
    return EndpointPage(
        endpoint=endpoint,
        azure_name=status["azure_name"],
        workspace=connection.description,
        link=link,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        default=status["default"],
        history=tuple(history),
        deployments=tuple(
            _deployed(one, f"{planned[one['deployment']].decision} it: {planned[one['deployment']].reason}")
            for one in status["deployments"]
            if one["deployment"] in planned
        ),
        titles=titles,
    )


def _learn(titles: dict[str, str], evidence: Evidence | None) -> None:
    """Add the titles of the metrics that the evidence knows."""
    for name, metric in (evidence["verdict"]["metrics"] if evidence else {}).items():
        titles.setdefault(name, metric["title"])


def _change(store: ReleaseStore, entry: HistoryEntry, titles: dict[str, str]) -> Change:
    digest = entry.get("evidence", "")
    evidence = evidence_with(store, digest) if digest else None
    _learn(titles, evidence)
    mine = evidence is not None and evidence["candidate"]["deployment"] == entry["default"]
    return Change(
        at=entry["at"],
        action=entry["action"],
        default=entry["default"],
        previous=entry.get("previous", ""),
        reason=entry.get("forced", ""),
        evidence=digest,
        commit=entry.get("commit", ""),
        metrics=evidence["candidate"]["metrics"] if evidence and mine else {},
    )


def _deployed(one: DeploymentStatus, retirement: str) -> Deployed:
    return Deployed(
        name=one["deployment"],
        role=one["role"],
        variant=one["variant"] or "",
        age="not known" if one["age_hours"] is None else f"{one['age_hours']:.1f} h",
        verdict=one["verdict"] or "not judged",
        metrics=cast(dict[str, float], one["metrics"] or {}),
        job=one["last_job"] or "none",
        job_state=one["last_job_status"] or "",
        retirement=retirement,
    )
