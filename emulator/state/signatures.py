"""Shared access signatures: queries that grant access to a blob or container for an hour."""

from datetime import datetime, timedelta, timezone

from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace

_HOURS = 1


def signature(workspace: Workspace, resource: str, permissions: str) -> str:
    """Return the query that grants ``permissions`` on a blob (``resource`` is ``b``) or container (``c``).

    The signature comes from the account's key. In a workspace with identity-based access it comes from an identity
    instead, and then names the object id of that identity (``skoid``).

    ``sig`` comes first, so that the query can be decoded as base64: ``jobs.stream`` of the SDK takes the signature of a
    datastore for an account key, and signs the addresses of the logs of a running command with it.
    """
    until = datetime.now(timezone.utc) + timedelta(hours=_HOURS)
    parts = [
        "sig=embedded",
        "sv=2021-10-04",
        f"se={until.strftime('%Y-%m-%dT%H%%3A%M%%3A%SZ')}",
        f"sr={resource}",
        f"sp={permissions}",
    ]
    if read_surroundings(workspace.state).identity_based:
        parts.append(f"skoid={workspace.names.workspace_id}")
    return "&".join(parts)
