"""Change the default: promote on evidence, roll back to the one before; each verified and remembered."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from scripts.lib import invocation, jobs, results
from scripts.lib.endpoints import EVIDENCE_TAG, PREVIOUS_TAG, Endpoint, read_endpoint, write_endpoint
from scripts.lib.errors import BadConfiguration, Conflict, EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.document import read_evidence
from scripts.lib.gate.config import load_gate
from scripts.lib.ledger import Ledger
from scripts.lib.repository import gate_file, git_commit
from scripts.lib.workspace import Connection


@dataclass(frozen=True)
class Promoted:
    """The default before and after, and whether anything had to be written."""

    endpoint: str
    default: str
    previous: str | None
    changed: bool
    forced: bool = False


def promote(
    connection: Connection, endpoint: str, deployment: str, evidence_file: Path, force_reason: str | None = None
) -> Promoted:
    """Make ``deployment`` the default of ``endpoint`` when its evidence allows it here and now.

    It holds the endpoint's lock, compares the default with the champion of the evidence, writes, reads back. With
    ``force_reason`` the evidence is looked at but not obeyed, and the reason is recorded. Repeating it is safe.

    Raises:
        EvidenceRefused: the evidence does not allow it; the message names why.
        Conflict: the write did not take, or another promotion holds the lock.
        NotFound: there is no such endpoint or deployment.
    """
    client = connection.client
    ledger = Ledger(connection, endpoint)
    with ledger.locked():
        state = read_endpoint(client, endpoint)
        candidate = state.deployment(deployment)
        digest = None
        refusal: EvidenceRefused | None = None
        try:
            evidence = read_evidence(evidence_file)
            digest = str(evidence["digest"])
            if state.default == deployment and _recorded(state) == digest:
                return Promoted(endpoint, deployment, state.previous, changed=False)
            gate = load_gate(gate_file(endpoint))
            champion = state.deployment(state.default) if state.default else None
            check_evidence(
                evidence,
                endpoint=endpoint,
                candidate_deployment=deployment,
                candidate_digest=candidate.content_digest or "unknown",
                champion_deployment=state.default,
                champion_digest=champion.content_digest if champion else None,
                gate_digest=gate.digest,
                now=datetime.now(timezone.utc),
                max_age=timedelta(hours=gate.maximum_age_hours),
                recorded_digest=state.tags.get(EVIDENCE_TAG + deployment),
            )
        except EvidenceRefused as error:
            if force_reason is None:
                raise
            refusal = error
            results.tell(f"Forced although the evidence is refused: {error.message}")
        forced = {"reason": force_reason, "refused": refusal.message if refusal else None} if force_reason else None
        return _make_default(connection, ledger, state, deployment, "promoted", digest, forced)


def roll_back(connection: Connection, endpoint: str) -> Promoted:
    """Return to the default before this one, once an invocation of it has completed.

    Raises:
        BadConfiguration: no previous default is recorded.
        NotFound: that deployment is gone.
        JobFailed: its invocation did not complete.
        Conflict: the default changed meanwhile, or the write did not take.
    """
    client = connection.client
    state = read_endpoint(client, endpoint)
    if not state.previous:
        raise BadConfiguration(f"Endpoint {endpoint} records no previous default, so there is nothing to roll back to.")
    target = state.deployment(state.previous).name
    inputs = invocation.file_inputs(gate_file(endpoint).parent / "inputs.yml")
    job = invocation.invoke(client, endpoint, target, inputs)
    results.tell(f"    smoke invocation of {target} runs as job {job}")
    with jobs.canceled_on_interrupt(client, [job]):
        jobs.require_completed(client, job, jobs.wait(client, job, "smoke"))
    ledger = Ledger(connection, endpoint)
    with ledger.locked():
        now = read_endpoint(client, endpoint)
        if now.default != state.default:
            raise Conflict(
                f"The default of {endpoint} became {now.default} while {target} was tested; look before rolling back."
            )
        return _make_default(connection, ledger, now, target, "rolled back", None, None)


def _recorded(state: Endpoint) -> str | None:
    return state.tags.get("promoted_evidence")


def _make_default(
    connection: Connection,
    ledger: Ledger,
    state: Endpoint,
    deployment: str,
    action: str,
    digest: str | None,
    forced: dict[str, Any] | None,
) -> Promoted:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    commit = git_commit()
    previous = state.default if state.default != deployment else state.previous
    token = secrets.token_hex(8)
    tags = {
        PREVIOUS_TAG: previous,
        "promoted_at": now,
        "promoted_commit": commit,
        "promoted_evidence": digest,
        "promotion": token,
    }
    written = write_endpoint(connection.client, state.name, tags, default=deployment)
    if written.tags.get("promotion") != token:
        raise Conflict(
            f"Another client wrote the default of {state.name} at the same moment; it is {written.default} now."
        )
    entry = {
        "at": now,
        "action": action,
        "default": deployment,
        "previous": previous,
        "evidence": digest,
        "commit": commit,
        "forced": forced,
    }
    ledger.append({key: value for key, value in entry.items() if value is not None})
    return Promoted(state.name, deployment, previous, changed=True, forced=forced is not None)


def promotion_summary(promoted: Promoted, reason: str | None = None) -> str:
    """Say what became of the default, in Markdown."""
    if not promoted.changed:
        return f"### Default: `{promoted.default}`\n\nIt was the default of `{promoted.endpoint}` already.\n"
    lines = [f"### New default: `{promoted.default}`", "", f"Before: `{promoted.previous or 'none'}`."]
    if promoted.forced:
        lines += ["", f"⚠️ **Forced**, past the gate. Reason: {reason}"]
    return "\n".join(lines) + "\n"
