"""Promote a deployment on evidence: make it the default of its endpoint."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from scripts.lib.errors import EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.contents import Evidence
from scripts.lib.evidence.document import read_evidence
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.line.default_history import (
    DefaultChange,
    record,
)
from scripts.lib.line.delivery import deliver
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.repository.files import git_commit
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_writing import write_endpoint
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Deployment, Endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore


@dataclass(frozen=True)
class Promotion:
    """The result of a promotion or a rollback: the default before and after, and whether it changed."""

    endpoint: str
    default: str
    previous: str | None
    changed: bool
    forced: bool = False
    dry_run: bool = False


def promote(
    connection: Connection,
    endpoint: str,
    deployment: str,
    evidence_file: Path,
    force_reason: str | None = None,
    dry_run: bool = False,
) -> Promotion:
    """Make ``deployment`` the default of ``endpoint`` when its evidence allows it here and now.

    The function holds the endpoint's lock, compares the default with the champion of the evidence, writes the
    default, and reads it back. With ``force_reason`` refused evidence does not stop the promotion, and the reason is
    recorded. To promote the default again changes nothing, but writes the history entry that a killed promotion did
    not write. A ``dry_run`` makes the same checks, and writes nothing. At last the model that was judged is registered,
    and the endpoint that scores new rows uses it.

    Raises:
        EvidenceRefused: the evidence does not allow the promotion; the message says why.
        Conflict: the write had no effect, or another command holds the lock.
        NotFound: there is no such endpoint or deployment.
    """
    promotion = _promote(connection, endpoint, deployment, evidence_file, force_reason, dry_run)
    if not dry_run:
        deliver(connection, endpoint)
    return promotion


def _promote(
    connection: Connection,
    endpoint: str,
    deployment: str,
    evidence_file: Path,
    force_reason: str | None,
    dry_run: bool,
) -> Promotion:
    client = connection.client
    store = ReleaseStore(connection, endpoint)
    with endpoint_lock(store):
        state = read_endpoint(client, endpoint)
        candidate = state.deployment(deployment)
        if state.default == deployment:
            if not dry_run:
                record(store, state)
            return Promotion(endpoint, deployment, state.previous, changed=False)
        digest, refused = None, None
        try:
            evidence = _read(evidence_file)
            digest = str(evidence["digest"])
            _check(evidence, state, candidate)
        except EvidenceRefused as error:
            if force_reason is None:
                raise
            refused = error.message
            results.tell(f"Forced although the evidence is refused: {refused}")
        if dry_run:
            return Promotion(endpoint, deployment, state.default, changed=False, forced=bool(refused), dry_run=True)
        change = DefaultChange(
            "promoted", deployment, timestamp(), state.default, git_commit(), digest, force_reason, refused
        )
        return make_default(connection, store, state, change)


def _read(file: Path) -> Evidence:
    try:
        return read_evidence(file)
    except RecursionError:
        raise RefusedEvidence("invalid", f"{file} is nested deeper than any evidence.") from None


def _check(evidence: Evidence, state: Endpoint, candidate: Deployment) -> None:
    gate = endpoint_gate(state.name)
    champion = state.deployment(state.default) if state.default else None
    check_evidence(
        evidence,
        endpoint=state.name,
        candidate_deployment=candidate.name,
        candidate_digest=candidate.content_digest or "unknown",
        champion_deployment=state.default,
        champion_digest=champion.content_digest if champion else None,
        gate_digest=gate.digest,
        now=datetime.now(timezone.utc),
        max_age=timedelta(hours=gate.maximum_age_hours),
        recorded_digest=state.tags.get(EVIDENCE_TAG + candidate.name, ""),
    )


def make_default(connection: Connection, store: ReleaseStore, state: Endpoint, change: DefaultChange) -> Promotion:
    """Write the default and record the change; the caller holds the endpoint's lock."""
    write_endpoint(connection.client, state.name, change.tags(), default=change.default, replacing=state.default)
    record(store, state, change)
    return Promotion(state.name, change.default, state.default, changed=True, forced=change.forced is not None)


def timestamp() -> str:
    """Return the time as the history holds it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
