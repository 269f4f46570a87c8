"""Change the default of an endpoint: promote a deployment on evidence, or roll back to the previous default."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from scripts.lib.errors import BadConfiguration, Conflict, EvidenceRefused
from scripts.lib.evidence.check import check_evidence
from scripts.lib.evidence.contents import Evidence
from scripts.lib.evidence.document import read_evidence
from scripts.lib.evidence.refusals import RefusedEvidence
from scripts.lib.line.default_history import (
    ROLLED_BACK,
    DefaultChange,
    former_defaults,
    last_change,
    record,
)
from scripts.lib.line.delivery import deliver
from scripts.lib.line.gates import endpoint_gate
from scripts.lib.repository.files import INPUTS_FILE, endpoint_folder, git_commit
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
            "promoted", deployment, _now(), state.default, git_commit(), digest, force_reason, refused
        )
        return _make_default(connection, store, state, change)


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


def roll_back(connection: Connection, endpoint: str, to: str | None = None) -> Promotion:
    """Return to ``to``, or to the default before this one, once an invocation of it has completed.

    It is a goal, not a step: where the last change of the default was a roll-back, its goal is reached already, so
    that repeating it, also after it was killed, does not bring back the default from which it fled.

    Raises:
        BadConfiguration: no previous default is recorded, or ``to`` was never the default.
        NotFound: that deployment is gone.
        JobFailed: its invocation did not complete.
        Conflict: the default changed meanwhile, or the write had no effect.
    """
    promotion = _roll_back(connection, endpoint, to)
    deliver(connection, endpoint)
    return promotion


def _roll_back(connection: Connection, endpoint: str, to: str | None) -> Promotion:
    client = connection.client
    state = read_endpoint(client, endpoint)
    store = ReleaseStore(connection, endpoint)
    goal = state.deployment(_goal(store, state, to)).name
    if state.default != goal:
        results.tell(f"Rolling {endpoint} back from {state.default or 'no default'} to {goal}.")
        inputs = invocation.file_inputs(endpoint_folder(endpoint) / INPUTS_FILE)
        start = partial(invocation.invoke_or_join, client, endpoint, goal, inputs)
        jobs.run(client, f"trial of {goal}", start)
    with endpoint_lock(store):
        now = read_endpoint(client, endpoint)
        if now.default == goal:
            record(store, now)
            return Promotion(endpoint, goal, now.previous, changed=False)
        if now.default != state.default:
            raise Conflict(
                f"The default of {endpoint} became {now.default} while {goal} was tested; look before rolling back."
            )
        now.deployment(goal)
        change = DefaultChange(ROLLED_BACK, goal, _now(), now.default, git_commit())
        return _make_default(connection, store, now, change)


def _goal(store: ReleaseStore, state: Endpoint, to: str | None) -> str:
    """Return the deployment to roll back to."""
    former = former_defaults(store, state)
    others = [name for name in former if name != state.default and name in {one.name for one in state.deployments}]
    choice = f"those that were the default and are still there: {', '.join(others) or 'none'}"
    if to:
        if to not in (*former, state.default):
            state.deployment(to)
            raise BadConfiguration(f"{to} was never the default of {state.name}; {choice}.")
        return to
    last = last_change(state)
    if last and last["default"] == state.default and last["action"] == ROLLED_BACK:
        results.tell(
            f"{state.default} is what {state.name} was rolled back to at {last['at']}, from {state.previous}. A second "
            f"roll-back does not return there. To go elsewhere, name it with --to; {choice}."
        )
        return str(state.default)
    if last and last["default"] != state.default:
        raise BadConfiguration(
            f"The default of {state.name} is {state.default or 'none'}, but the last recorded change made it "
            f"{last['default']}: somebody changed it by other means. Say with --to where to go; {choice}."
        )
    if not state.previous:
        raise BadConfiguration(
            f"Endpoint {state.name} records no previous default, so there is nothing to roll back to."
        )
    return state.previous


def _make_default(connection: Connection, store: ReleaseStore, state: Endpoint, change: DefaultChange) -> Promotion:
    write_endpoint(connection.client, state.name, change.tags(), default=change.default, replacing=state.default)
    record(store, state, change)
    return Promotion(state.name, change.default, state.default, changed=True, forced=change.forced is not None)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
