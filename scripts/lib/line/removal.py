"""Delete an endpoint with its deployments, and note the deletion in the history of its default."""

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING

from scripts.lib.errors import Conflict
from scripts.lib.line.default_history import DefaultChange, read_history, record
from scripts.lib.repository.computes import compute_name, computes_of
from scripts.lib.repository.files import deployed_variants, git_commit
from scripts.lib.repository.problem import problem_names
from scripts.lib.workspace.clusters import users_of_cluster
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


def require_unused_clusters(client: "MLClient", endpoint: str, follower: str | None) -> None:
    """Raise unless ``endpoint`` and the one that scores for it alone use its clusters, or there are none.

    Raises:
        Conflict: other endpoints' deployments name one, or jobs run on it.
    """
    own = [endpoint_name(client, name) for name in (endpoint, follower) if name]
    # The service does not tell which clusters the steps of a deployed pipeline name; the repository does.
    others = [other for other in problem_names() if other != endpoint and endpoint_exists(client, other)]
    for name in _clusters(client, endpoint):
        by_steps = [f"endpoint {other}" for other in others if name in _named(other)[1:]]
        if users := users_of_cluster(client, name, own) + by_steps:
            raise Conflict(f"The cluster {name} is not deleted, nor is anything: {', '.join(users)} use it.")


def remove_clusters(connection: Connection, endpoint: str) -> list[str]:
    """Delete the clusters that the variants of ``endpoint`` run on; return the names of those that were there.

    Where the endpoint has been set up anew meanwhile, they stay.
    """
    client = connection.client
    with endpoint_lock(ReleaseStore(connection, endpoint)):
        if endpoint_exists(client, endpoint):
            return []
        removed = _clusters(client, endpoint)
        for name in removed:
            _remove_cluster(client, name)
    return removed


def _remove_cluster(client: "MLClient", name: str) -> None:
    deleted(lambda: client.compute.get(name), lambda: client.compute.begin_delete(name).result(), f"compute {name}")


def _clusters(client: "MLClient", endpoint: str) -> list[str]:
    return [name for name in _named(endpoint) if exists(partial(client.compute.get, name))]


def _named(endpoint: str) -> list[str]:
    """Return the names of the shared cluster and of those that steps of the endpoint's variants name."""
    return [compute_name(description) for description in computes_of(endpoint, deployed_variants(endpoint))]
