"""Blob leases: who may write a blob for the next seconds, the lock that every client of Azure Storage knows."""

import time
import uuid

from emulator.state import keys
from emulator.state.records import Lease
from emulator.state.workspace import Workspace

ENDLESS = -1


class LeaseConflict(Exception):
    """The lease's state or its holder does not allow the action."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def holder(workspace: Workspace, container: str, blob: str) -> str | None:
    """Return the id of the lease that is on a blob now, or None."""
    lease = workspace.store.get(keys.lease(container, blob))
    return str(lease["id"]) if lease and lease["until"] > time.time() else None


def properties(workspace: Workspace, container: str, blob: str) -> dict[str, str]:
    """Return the headers that describe the lease of a blob."""
    lease = workspace.store.get(keys.lease(container, blob))
    if lease is None:
        return {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    if lease["until"] <= time.time():
        return {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "broken" if lease.get("broken") else "expired"}
    duration = "infinite" if lease["seconds"] == ENDLESS else "fixed"
    return {"x-ms-lease-status": "locked", "x-ms-lease-state": "leased", "x-ms-lease-duration": duration}


def forget(workspace: Workspace, container: str, blob: str) -> None:
    """Forget the lease of a blob that is deleted, or one that is over when the blob is written."""
    workspace.store.delete(keys.lease(container, blob))


def _end(seconds: int) -> float:
    """Return when a lease of so many seconds ends; one of -1 does not."""
    return time.time() + (seconds if seconds > 0 else 10**9)


def act(
    workspace: Workspace, container: str, blob: str, action: str, lease: str, proposed: str, seconds: int
) -> tuple[int, dict[str, str]]:
    """Acquire, renew, change, release or break a lease; return the status and headers of the answer.

    Raises:
        LeaseConflict: the lease is held by someone else, or the action is unknown.
    """
    key = keys.lease(container, blob)
    with workspace.store.transaction():
        current = holder(workspace, container, blob)
        if action == "acquire":
            if current and current != proposed:
                raise LeaseConflict("LeaseAlreadyPresent", "There is already a lease present.")
            lease = proposed or str(uuid.uuid4())
            workspace.store.put(key, Lease(id=lease, until=_end(seconds), seconds=seconds))
            return 201, {"x-ms-lease-id": lease}
        known = workspace.store.get(key)
        if action == "break":
            if known is None:
                raise LeaseConflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
            workspace.store.change(key, until=0.0, broken=True)
            return 202, {"x-ms-lease-time": "0"}
        if known is None or known["id"] != lease or (current and current != lease):
            raise LeaseConflict(
                "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."
            )
        if known.get("broken") and action == "renew":
            raise LeaseConflict("LeaseIsBrokenAndCannotBeRenewed", "The lease was broken and cannot be renewed.")
        if known.get("broken") and action == "change":
            raise LeaseConflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
        if action == "change":
            workspace.store.change(key, id=proposed)
            return 200, {"x-ms-lease-id": proposed}
        if action == "renew":
            workspace.store.change(key, until=_end(known["seconds"]))
            return 200, {"x-ms-lease-id": lease}
        if action == "release":
            workspace.store.delete(key)
            return 200, {}
    raise LeaseConflict(
        "InvalidHeaderValue", f"x-ms-lease-action {action!r} is not one of acquire, renew, change, release, break."
    )
