"""Delete an endpoint with its deployments, and note the deletion in the history of its default."""

from collections.abc import Collection
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.line.default_history import DefaultChange, read_history, record
from scripts.lib.repository.files import git_commit
from scripts.lib.workspace.clusters import cluster_name, users_of_cluster
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.endpoints import Endpoint, endpoint_exists, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import deleted, exists

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_ACTION = "deleted"


def remove_endpoint(connection: Connection, endpoint: str) -> list[str] | None:
    """Delete ``endpoint``, and note that in the history of its default, if it has one; return its deployments' names.

    Where a removal was killed before it noted that, it is noted now. Returns None where nothing was left to do.
    """
    client, store = connection.client, ReleaseStore(connection, endpoint)
    with endpoint_lock(store):
        if not endpoint_exists(client, endpoint):
            last = next(reversed(read_history(store)), None)
            if last is None or last["action"] == _ACTION:
                return None
            _note(store, Endpoint(endpoint, None, {}, ()), last["default"])
            return []
        state = read_endpoint(client, endpoint)
        record(store, state)  # what the endpoint's tags tell goes with it
        deleted(
            lambda: client.batch_endpoints.get(state.azure_name),
            lambda: client.batch_endpoints.begin_delete(state.azure_name).result(),
            f"endpoint {endpoint}",
        )
        # Without a history, a removal that is killed here could not be told from one that noted all.
        if read_history(store):
            _note(store, state, state.default)
    return [deployment.name for deployment in state.deployments]


def _note(store: ReleaseStore, state: Endpoint, default: str | None) -> None:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    record(store, state, DefaultChange(_ACTION, "none", now, default, git_commit()))


def require_unused_cluster(client: "MLClient", endpoints: Collection[str]) -> None:
    """Raise unless ``endpoints`` alone use the cluster, or there is none.

    Raises:
        Conflict: other endpoints' deployments name it, or jobs run on it.
    """
    if not exists(lambda: client.compute.get(cluster_name())):
        return
    if users := users_of_cluster(client, [endpoint_name(client, endpoint) for endpoint in endpoints]):
        raise Conflict(f"The cluster {cluster_name()} is not deleted, nor is anything: {', '.join(users)} use it.")


def remove_compute(client: "MLClient") -> str:
    """Delete the compute cluster that the repository describes; return its name, or nothing where it is not there."""
    name = cluster_name()
    if not exists(lambda: client.compute.get(name)):
        return ""
    deleted(lambda: client.compute.get(name), lambda: client.compute.begin_delete(name).result(), f"compute {name}")
    return name
