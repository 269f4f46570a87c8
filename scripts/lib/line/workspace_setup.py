"""Create or update what a release needs of its workspace: environment, compute, data asset, endpoint."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.data.report import Report
from scripts.lib.data.source import DataSource
from scripts.lib.errors import NotFound
from scripts.lib.line.data_comparison import compare_with_default
from scripts.lib.line.endpoint_settings import update_endpoint
from scripts.lib.repository.compilation import compile_environment
from scripts.lib.repository.computes import compute_name, computes_of, shared_compute
from scripts.lib.repository.data_types import TABLE, types_taken
from scripts.lib.repository.problem import find_problem
from scripts.lib.workspace.assets import ensure_data, ensure_environment
from scripts.lib.workspace.clusters import cluster_differences, update_cluster
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import endpoint_exists, ensure_endpoint, read_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def prepare_workspace(
    connection: Connection, endpoint: str, source: DataSource, variants: Sequence[str], validated: Report | None = None
) -> dict[str, Any]:
    """Create or update environment, clusters, data asset and endpoint as the repository describes them.

    The clusters are those that ``variants`` run on. Return the names, under ``created`` what did not exist before, and
    under ``updated`` what was written again. What is as the repository describes it is not written. Where the data was
    ``validated`` just now it is not read again.

    Raises:
        Conflict: the cluster differs in what may not be written.
        DataRejected: the data differs too much from what the endpoint's default was trained on.
    """
    client, problem = connection.client, find_problem(endpoint)
    compare_with_default(connection, source, problem, validated)
    environment = compile_environment()
    created: list[str] = []
    updated: list[str] = []
    if ensure_environment(client, environment):
        created.append("environment")
    computes = computes_of(endpoint, variants)
    # Whoever deletes endpoint and clusters holds the lock, too: with both made in one hold, neither is left alone.
    new = not endpoint_exists(client, endpoint)
    with endpoint_lock(ReleaseStore(connection, endpoint)) if new else nullcontext():
        for description in computes:
            if (made := prepare_cluster(client, description)) == "created":
                created.append(_called(description))
            elif made:
                updated.append(_called(description))
        made_endpoint = new and ensure_endpoint(client, endpoint)
    data_asset, uploaded = ensure_data(client, source, problem.data_asset)
    if uploaded:
        created.append("data")
    if TABLE in _types_taken(client, endpoint, variants) and ensure_data(client, source, problem.data_asset, TABLE)[1]:
        created.append("table")
    if made_endpoint:
        created.append("endpoint")
    elif update_endpoint(connection, endpoint):
        updated.append("endpoint")
    return {
        "environment": f"{environment.name}:{environment.version}",
        "compute": ", ".join(map(compute_name, computes)),
        "data_asset": data_asset,
        "endpoint": endpoint,
        "created": created,
        "updated": updated,
    }


def _types_taken(client: "MLClient", endpoint: str, variants: Sequence[str]) -> list[str]:
    """Return the types of data that the variants take, and the deployments that stand already."""
    try:
        deployed = [deployment.data_type for deployment in read_endpoint(client, endpoint).deployments]
    except NotFound:
        deployed = []
    return [*types_taken(endpoint, variants), *deployed]


def _called(description: Path) -> str:
    return "compute" if description == shared_compute() else f"compute {compute_name(description)}"


def prepare_cluster(client: "MLClient", description: Path) -> str:
    """Create a cluster, or write what differs and may be written; return created, updated or ''."""
    from azure.ai.ml import load_compute

    differences, name = cluster_differences(client, description), compute_name(description)
    if differences is None:
        written(
            lambda: client.compute.begin_create_or_update(load_compute(description)).result(),
            lambda: True if cluster_differences(client, description) is not None else None,
            lambda: f"The workspace said yes to compute {name}, but does not have it. Run the command again.",
        )
        return "created"
    if not differences:
        return ""
    update_cluster(client, description, differences)
    return "updated"
