"""The access of a job to the workspace's storage: by the account's key, or by the identity of its cluster."""

from emulator.state import keys
from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import resource_name
from emulator.wire.names import Names

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


def storage_scope(names: Names) -> str:
    """Return the ARM id of the workspace's storage account."""
    group = f"/subscriptions/{names.subscription}/resourceGroups/{names.group}"
    return f"{group}/providers/Microsoft.Storage/storageAccounts/{names.account}"


def storage_refusal(workspace: Workspace, compute: str | None) -> str | None:
    """Return why a step on ``compute`` cannot read and write the workspace's storage, or None if it can."""
    surroundings = read_surroundings(workspace.state)
    if not surroundings.identity_based:
        if surroundings.keys:
            return None
        return "KeyBasedAuthenticationNotPermitted: Key based authentication is not permitted on this storage account."
    name = resource_name(compute) if compute else "serverless"
    cluster = workspace.store.get(keys.compute(name))
    identity = cluster["identity"] if cluster else None
    if not identity:
        return f"The datastore has no credentials, and compute {name} has no managed identity to read it with."
    users = identity.get("userAssignedIdentities") or {}
    principals = [identity.get("principalId"), *(user.get("principalId") for user in users.values())]
    for verb in ("read", "write"):
        if not any(
            surroundings.allows(f"{_BLOBS}/{verb}", storage_scope(workspace.names), True, str(one))
            for one in principals
        ):
            return (
                "AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this"
                f" permission (the identity of compute {name}, {_BLOBS}/{verb})."
            )
    return None
