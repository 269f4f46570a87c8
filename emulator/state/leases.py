"""Blob leases: locks with a time limit that clients of Azure Storage put on blobs."""

import time
import uuid

from emulator.state import keys
from emulator.state.records import Lease
from emulator.state.workspace import Workspace


class LeaseConflict(Exception):
    """A lease does not allow the action, or the action does not exist."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def holder(workspace: Workspace, container: str, blob: str) -> str | None:
    """Return the id of the current lease of a blob, or None."""
    lease = workspace.store.get(keys.lease(container, blob))
    return str(lease["id"]) if lease and lease["until"] > time.time() else None


def _end(seconds: int) -> float:
    """Return when a lease of ``seconds`` from now ends (epoch seconds); -1 is a lease without end."""
    return time.time() + (seconds if seconds > 0 else 10**9)


def act(
    workspace: Workspace, container: str, blob: str, action: str, lease: str, proposed: str, seconds: int
) -> tuple[int, dict[str, str]]:
    """Acquire, renew, release or break a lease; return the status and headers of the response.

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
        if action == "break":
            workspace.store.delete(key)
            return 202, {"x-ms-lease-time": "0"}
        stored = workspace.store.get(key)
        if stored is None or stored["id"] != lease or (current and current != lease):
            raise LeaseConflict(
                "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."
            )
        if action == "renew":
            workspace.store.change(key, until=_end(stored["seconds"]))
            return 200, {"x-ms-lease-id": lease}
        if action == "release":
            workspace.store.delete(key)
            return 200, {}
    raise LeaseConflict(
        "InvalidHeaderValue", f"x-ms-lease-action {action!r} is not one of acquire, renew, release, break."
    )
