"""Check the workspace's storage: by using it, and by the rights of the identity that the jobs have."""

import secrets
from typing import TYPE_CHECKING, Any

from scripts.lib.setup_check.check import Check
from scripts.lib.setup_check.place import STORAGE_ROLE, Place
from scripts.lib.setup_check.remedies import first_line, remedy
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import deleted, found, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.ai.ml.entities import AmlCompute

_LEASE_SECONDS = 15
_SET_UP = "python -m scripts.setup_workspace"
# Storage Blob Data Contributor and Storage Blob Data Owner.
_WRITERS = ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b")


def check_storage(connection: Connection, endpoint: str, place: Place) -> Check:
    """Write, lease, read and delete a blob where a release keeps its files."""
    from azure.core.exceptions import AzureError

    try:
        blob = ReleaseStore(connection, endpoint).blob(f"check-{secrets.token_hex(4)}")
        written(
            lambda: blob.upload_blob(b"check", overwrite=True),
            lambda: found(lambda: blob.download_blob().readall()),
            lambda: "The storage said yes to a blob, but does not have it.",
        )
        lease = blob.acquire_lease(lease_duration=_LEASE_SECONDS)
        deleted(blob.get_blob_properties, lambda: blob.delete_blob(lease=lease), f"blob {blob.blob_name}")
    except AzureError as error:
        return Check("storage", "missing", first_line(error), remedy(error, place))
    return Check("storage", "ok", f"a blob was written, read, leased and deleted in {blob.account_name}")


def check_job_identity(
    keyless: bool, cluster: "AmlCompute | None", roles_of: "Callable[[str], list[Mapping[str, Any]]]", place: Place
) -> Check:
    """Check that jobs reach the storage: with its key, or where the workspace uses none by their cluster's identity."""
    name = "storage, as the jobs"
    if not keyless:
        return Check(name, "ok", "the workspace's datastores use the storage account's key")
    if cluster is None:
        return Check(name, "missing", "there is no cluster yet that could have an identity", _SET_UP)
    principals = _principals(cluster)
    if not principals:
        where = f"--workspace-name {place.workspace} --resource-group {place.group}"
        fix = f"az ml compute update --name {cluster.name} {where} --identity-type system_assigned"
        return Check(name, "missing", f"cluster {cluster.name} has no managed identity", fix)
    for principal in principals:
        roles = [str(role["properties"]["roleDefinitionId"]).rpartition("/")[2] for role in roles_of(principal)]
        if set(roles) & set(_WRITERS):
            return Check(name, "ok", f"the identity of cluster {cluster.name} may write blobs")
    found = f"the identity of cluster {cluster.name} may not write blobs in the workspace's storage"
    return Check(name, "missing", found, place.grant(STORAGE_ROLE, place.storage, principals[0]))


def _principals(cluster: "AmlCompute") -> list[str]:
    identity = cluster.identity
    if identity is None:
        return []
    users = [user.principal_id for user in identity.user_assigned_identities or []]
    return [str(one) for one in (identity.principal_id, *users) if one]
