"""Shared access signatures: for how long, for what, and by whose right they open a part of the storage."""

from datetime import datetime, timedelta, timezone

from emulator.state.surroundings import surroundings
from emulator.state.workspace import Workspace

_HOURS = 1


def signature(workspace: Workspace, resource: str, permissions: str) -> str:
    """Return the query that opens a blob (``b``) or container (``c``).

    It comes from the account's key, or where the workspace uses none, from an identity that delegates its right: such
    a signature names the identity's object id.
    """
    until = datetime.now(timezone.utc) + timedelta(hours=_HOURS)
    parts = [
        "sv=2021-10-04",
        f"se={until.strftime('%Y-%m-%dT%H%%3A%M%%3A%SZ')}",
        f"sr={resource}",
        f"sp={permissions}",
    ]
    if surroundings(workspace.state).identity_based:
        parts.append(f"skoid={workspace.names.workspace_id}")
    return "&".join([*parts, "sig=embedded"])
