"""Read a batch endpoint and its deployments; create it where it does not exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import NotFound
from scripts.lib.repository.data_types import FOLDER
from scripts.lib.repository.files import endpoint_folder
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.writing import create_once, exists

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

PREVIOUS_TAG = "previous_default"
EVIDENCE_TAG = "evidence."


@dataclass(frozen=True)
class Deployment:
    """A deployment as the workspace stores it; the digests are None where another tool created it.

    ``scoring`` is the reference of the pipeline component that scores rows with what the deployment delivers. Rows are
    given to the deployment as ``data_type``, and to that component as ``scored_type``.
    """

    name: str
    variant: str | None
    content_digest: str | None
    code_digest: str | None
    training_step: str | None
    scoring: str | None
    git_commit: str | None
    created: datetime | None
    failed: bool = False
    data_type: str = FOLDER
    scored_type: str = FOLDER


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is now; ``name`` is that of its folder, ``azure_name`` the one it has in Azure."""

    name: str
    default: str | None
    tags: Mapping[str, str]
    deployments: tuple[Deployment, ...]
    azure_name: str = ""

    @property
    def previous(self) -> str | None:
        """The default before this one, as recorded by the last promotion."""
        return self.tags.get(PREVIOUS_TAG)

    def deployment(self, name: str) -> Deployment:
        """Return one of the deployments.

        Raises:
            NotFound: there is none of that name.
        """
        for deployment in self.deployments:
            if deployment.name == name:
                return deployment
        names = ", ".join(deployment.name for deployment in self.deployments) or "none"
        raise NotFound(f"Endpoint {self.name} has no deployment {name}; its deployments are: {names}.")

    def data_type(self, name: str) -> str:
        """Return the type as which a deployment takes rows."""
        return next((deployment.data_type for deployment in self.deployments if deployment.name == name), FOLDER)


def read_endpoint(client: "MLClient", name: str) -> Endpoint:
    """Return the endpoint of folder ``name`` with its deployments, newest first.

    Raises:
        NotFound: there is no such endpoint.
    """
    from azure.core.exceptions import ResourceNotFoundError

    azure_name = endpoint_name(client, name)
    try:
        endpoint = client.batch_endpoints.get(azure_name)
    except ResourceNotFoundError as error:
        raise NotFound(
            f"The workspace has no endpoint {azure_name}; `python -m scripts.setup_workspace` creates it."
        ) from error
    deployments = [_deployment(found) for found in client.batch_deployments.list(azure_name)]
    deployments.sort(key=lambda found: (found.created is not None, found.created), reverse=True)
    return Endpoint(name, default_of(endpoint), dict(endpoint.tags or {}), tuple(deployments), azure_name)


def current_default(client: "MLClient", name: str) -> str | None:
    """Return the default of an endpoint, or None where there is no default or no such endpoint."""
    try:
        return read_endpoint(client, name).default
    except NotFound:
        return None


def default_of(endpoint: Any) -> str | None:
    """Return the default's name; releases of the SDK give ``defaults`` as a dict or as an object."""
    defaults = endpoint.defaults
    if isinstance(defaults, Mapping):
        return defaults.get("deploymentName") or defaults.get("deployment_name")
    return getattr(defaults, "deployment_name", None)


def _deployment(found: Any) -> Deployment:
    tags = dict(found.tags or {})
    context = getattr(found, "creation_context", None)
    created = getattr(context, "created_at", None) or tags.get("created")
    return Deployment(
        str(found.name),
        tags.get("variant"),
        tags.get("content_digest"),
        tags.get("code_digest"),
        tags.get("training_step"),
        tags.get("scoring"),
        tags.get("git_commit"),
        datetime.fromisoformat(created) if isinstance(created, str) else created,
        str(getattr(found, "provisioning_state", None)).lower() in ("failed", "canceled"),
        tags.get("data_type", FOLDER),
        tags.get("scored_type", FOLDER),
    )


def endpoint_exists(client: "MLClient", name: str) -> bool:
    """Return whether the workspace has the endpoint."""
    return exists(lambda: client.batch_endpoints.get(endpoint_name(client, name)))


def ensure_endpoint(client: "MLClient", name: str) -> bool:
    """Create the endpoint as the repository describes it, unless it exists; return whether it was created."""
    from azure.ai.ml import load_batch_endpoint

    azure_name = endpoint_name(client, name)

    def create() -> None:
        wanted = load_batch_endpoint(endpoint_folder(name) / "endpoint.yml", params_override=[{"name": azure_name}])
        client.batch_endpoints.begin_create_or_update(wanted).result()

    return create_once(lambda: client.batch_endpoints.get(azure_name), create, f"endpoint {azure_name}")
