"""Delete an endpoint with its deployments, and note the deletion in the history of its default."""

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.line.default_history import DefaultChange, record
from scripts.lib.repository.files import git_commit
from scripts.lib.workspace.clusters import cluster_name, users_of_cluster
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def remove_endpoint(connection: Connection, endpoint: str) -> list[str]:
    """Delete ``endpoint``, and note in its history that it has no default any more; return its deployments' names.

    Raises:
        NotFound: there is no such endpoint.
    """
    store = ReleaseStore(connection, endpoint)
    with endpoint_lock(store):
        state = read_endpoint(connection.client, endpoint)
        connection.client.batch_endpoints.begin_delete(state.azure_name).result()
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        record(store, state, DefaultChange("deleted", "none", now, state.default, git_commit()))
    return [deployment.name for deployment in state.deployments]


def require_unused_cluster(client: "MLClient", endpoint: str) -> None:
    """Raise unless ``endpoint`` alone uses the cluster.

    Raises:
        Conflict: other endpoints' deployments name it, or jobs run on it.
    """
    if users := users_of_cluster(client, endpoint_name(client, endpoint)):
        raise Conflict(f"The cluster {cluster_name()} is not deleted, nor is anything: {', '.join(users)} use it.")
