"""Blob leases: locks with a time limit that clients of Azure Storage put on blobs."""

import time
import uuid

from emulator.state import keys
from emulator.state.records import Lease
from emulator.state.workspace import Workspace

# The duration of a lease without end, as clients request it.
ENDLESS = -1
SHORTEST_SECONDS, LONGEST_SECONDS = 15, 60  # https://learn.microsoft.com/rest/api/storageservices/lease-blob


class LeaseConflict(Exception):
    """The state or the holder of a lease does not allow the action, or the action does not exist."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def holder(workspace: Workspace, container: str, blob: str) -> str | None:
    """Return the id of the current lease of a blob, or None."""
    lease = workspace.store.get(keys.lease(container, blob))
    return str(lease["id"]) if lease and lease["until"] > time.time() else None


def properties(workspace: Workspace, container: str, blob: str) -> dict[str, str]:
    """Return the headers that describe the current lease of a blob."""
    lease = workspace.store.get(keys.lease(container, blob))
    if lease is None:
        return {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    if lease["until"] <= time.time():
        return {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "broken" if lease.get("broken") else "expired"}
    duration = "infinite" if lease["seconds"] == ENDLESS else "fixed"
    return {"x-ms-lease-status": "locked", "x-ms-lease-state": "leased", "x-ms-lease-duration": duration}


def delete(workspace: Workspace, container: str, blob: str) -> None:
    """Delete the lease of a blob, because the blob is deleted, or written after the end of the lease."""
    workspace.store.delete(keys.lease(container, blob))


def _end(seconds: int) -> float:
    """Return when a lease of ``seconds`` from now ends (epoch seconds); -1 is a lease without end."""
    return time.time() + (seconds if seconds > 0 else 10**9)


def act(
    workspace: Workspace, container: str, blob: str, action: str, lease: str, proposed: str, seconds: int
) -> tuple[int, dict[str, str]]:
    """Acquire, renew, change, release or break a lease; return the status and headers of the response.

    Raises:
        LeaseConflict: another client holds the lease, or the action does not exist.
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
        stored = workspace.store.get(key)
        if action == "break":
            if stored is None:
                raise LeaseConflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
            workspace.store.change(key, until=0.0, broken=True)
            return 202, {"x-ms-lease-time": "0"}
        if stored is None or stored["id"] != lease or (current and current != lease):
            raise LeaseConflict(
                "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."
            )
        if stored.get("broken") and action == "renew":
            raise LeaseConflict("LeaseIsBrokenAndCannotBeRenewed", "The lease was broken and cannot be renewed.")
        if stored.get("broken") and action == "change":
            raise LeaseConflict("LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob.")
        if action == "change":
            workspace.store.change(key, id=proposed)
            return 200, {"x-ms-lease-id": proposed}
        if action == "renew":
            workspace.store.change(key, until=_end(stored["seconds"]))
            return 200, {"x-ms-lease-id": lease}
        if action == "release":
            workspace.store.delete(key)
            return 200, {}
    raise LeaseConflict(
        "InvalidHeaderValue", f"x-ms-lease-action {action!r} is not one of acquire, renew, change, release, break."
    )
