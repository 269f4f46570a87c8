"""Change the default of an endpoint: promote a deployment on evidence, or roll back to the previous default."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from scripts.lib.errors import BadConfiguration, Conflict, EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.contents import Evidence
from scripts.lib.evidence.document import read_evidence
from scripts.lib.gate.config import load_gate
from scripts.lib.line.default_history import DefaultChange, record
from scripts.lib.repository.files import endpoint_folder, gate_file, git_commit
from scripts.lib.telling import results
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import EVIDENCE_TAG, Deployment, Endpoint, read_endpoint, write_endpoint
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
    not write. A ``dry_run`` makes the same checks, and writes nothing.

    Raises:
        EvidenceRefused: the evidence does not allow the promotion; the message says why.
        Conflict: the write had no effect, or another command holds the lock.
        NotFound: there is no such endpoint or deployment.
    """
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
            evidence = read_evidence(evidence_file)
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
            "promoted", deployment, _now(), state.default, git_commit(), digest, force_reason, refused
        )
        return _make_default(connection, store, state, change)


def _check(evidence: Evidence, state: Endpoint, candidate: Deployment) -> None:
    gate = load_gate(gate_file(state.name))
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
        recorded_digest=state.tags.get(EVIDENCE_TAG + candidate.name, "nothing"),
    )


def roll_back(connection: Connection, endpoint: str) -> Promotion:
    """Make the previous default the default again, after one invocation of it has completed.

    Raises:
        BadConfiguration: no previous default is recorded.
        NotFound: that deployment no longer exists.
        JobFailed: its invocation did not complete.
        Conflict: the default changed meanwhile, or the write had no effect.
    """
    client = connection.client
    state = read_endpoint(client, endpoint)
    if not state.previous:
        raise BadConfiguration(f"Endpoint {endpoint} records no previous default, so there is nothing to roll back to.")
    target = state.deployment(state.previous).name
    inputs = invocation.file_inputs(endpoint_folder(endpoint) / "inputs.yml")
    jobs.run(client, f"trial of {target}", lambda: invocation.invoke(client, endpoint, target, inputs))
    store = ReleaseStore(connection, endpoint)
    with endpoint_lock(store):
        now = read_endpoint(client, endpoint)
        if now.default != state.default:
            raise Conflict(
                f"The default of {endpoint} became {now.default} while {target} was tested; look before rolling back."
            )
        now.deployment(target)
        change = DefaultChange("rolled back", target, _now(), now.default, git_commit())
        return _make_default(connection, store, now, change)


def _make_default(connection: Connection, store: ReleaseStore, state: Endpoint, change: DefaultChange) -> Promotion:
    write_endpoint(connection.client, state.name, change.tags(), default=change.default, replacing=state.default)
    record(store, state, change)
    return Promotion(state.name, change.default, state.default, changed=True, forced=change.forced is not None)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def promotion_summary(promoted: Promotion, reason: str | None = None) -> str:
    """Return in Markdown how the default changed."""
    if promoted.dry_run:
        before = promoted.previous or "none"
        return f"### Dry run\n\n`{promoted.default}` would replace the default, `{before}`. Nothing was changed.\n"
    if not promoted.changed:
        return f"### Default: `{promoted.default}`\n\nIt was the default of `{promoted.endpoint}` already.\n"
    lines = [f"### New default: `{promoted.default}`", "", f"Before: `{promoted.previous or 'none'}`."]
    if promoted.forced:
        lines += ["", f"⚠️ **Forced**, past the gate. Reason: {reason}"]
    return "\n".join(lines) + "\n"
