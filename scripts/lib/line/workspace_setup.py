"""Create or update what a release needs of its workspace: environment, compute, data asset, endpoint."""

from typing import Any

from scripts.lib.data.source import DataSource
from scripts.lib.repository.compilation import compile_environment
from scripts.lib.workspace.assets import ensure_compute, ensure_data, ensure_environment
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import endpoint_exists, ensure_endpoint
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore


def prepare_workspace(connection: Connection, endpoint: str, source: DataSource) -> dict[str, Any]:
    """Create or update environment, compute, data asset and endpoint as the repository describes them.

    Return their names, and under ``created`` what did not exist before. What exists already is not written.
    """
    client = connection.client
    environment = compile_environment()
    created = []
    if ensure_environment(client, environment):
        created.append("environment")
    compute, changed = ensure_compute(client)
    if changed:
        created.append("compute")
    data_asset, uploaded = ensure_data(client, source)
    if uploaded:
        created.append("data")
    if not endpoint_exists(client, endpoint):
        with endpoint_lock(ReleaseStore(connection, endpoint)):
            if ensure_endpoint(client, endpoint):
                created.append("endpoint")
    return {
        "environment": f"{environment.name}:{environment.version}",
        "compute": compute,
        "data_asset": data_asset,
        "endpoint": endpoint,
        "created": created,
    }
