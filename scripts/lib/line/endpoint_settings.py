"""What the repository's YAML says of an endpoint and its deployments beside their content, against the workspace."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scripts.lib.repository.compiled import CompiledVariant
from scripts.lib.repository.files import endpoint_folder, read_yaml
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.differences import Difference
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.locks import endpoint_lock
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_LATER = "a deployment is not written again; the next change of its content brings it along"


def endpoint_differences(client: "MLClient", endpoint: str) -> list[Difference]:
    """Return description and tags of endpoint.yml that the endpoint has otherwise; other tags are the line's own."""
    wanted = read_yaml(endpoint_folder(endpoint) / "endpoint.yml")
    return _compare("endpoint", endpoint, wanted, client.batch_endpoints.get(endpoint_name(client, endpoint)))


def deployment_differences(client: "MLClient", compiled: CompiledVariant) -> list[Difference]:
    """Return description and tags of the deployment's YAML that the deployment of this very content has otherwise."""
    wanted = read_yaml(compiled.variant.deployment_file(compiled.endpoint))
    name = endpoint_name(client, compiled.endpoint)
    present = client.batch_deployments.get(name=compiled.deployment, endpoint_name=name)
    # Its tags are the release line's, which replaces those of the YAML.
    return _compare("deployment", compiled.deployment, {"description": wanted.get("description")}, present, _LATER)


def _compare(
    kind: str, name: str, wanted: Mapping[str, Any], present: Any, refused: str | None = None
) -> list[Difference]:
    found = []
    if wanted.get("description") is not None and wanted["description"] != present.description:
        found.append(Difference(kind, name, "description", wanted["description"], present.description, refused))
    for key, value in (wanted.get("tags") or {}).items():
        has = (present.tags or {}).get(key)
        if has != str(value):
            found.append(Difference(kind, name, f"tag {key}", str(value), has, refused))
    return found


def update_endpoint(connection: Connection, endpoint: str) -> bool:
    """Give the endpoint the description and tags of its YAML; all else stays as it is. Return whether it changed."""
    client = connection.client
    if not endpoint_differences(client, endpoint):
        return False
    with endpoint_lock(ReleaseStore(connection, endpoint)):
        wanted = read_yaml(endpoint_folder(endpoint) / "endpoint.yml")
        present = client.batch_endpoints.get(endpoint_name(client, endpoint))
        present.description = wanted.get("description", present.description)
        tags = {key: str(value) for key, value in (wanted.get("tags") or {}).items()}
        present.tags = {**(present.tags or {}), **tags}
        written(
            lambda: client.batch_endpoints.begin_create_or_update(present).result(),
            lambda: None if endpoint_differences(client, endpoint) else True,
            lambda: f"The workspace said yes to endpoint {endpoint}, but did not take it. Run the command again.",
        )
    return True
