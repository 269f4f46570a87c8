"""Read a batch endpoint and its deployments; write its default and tags, and verify the write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import Conflict, NotFound
from scripts.lib.repository.files import endpoint_folder
from scripts.lib.workspace.assets import exists

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

PREVIOUS_TAG = "previous_default"
EVIDENCE_TAG = "evidence."


@dataclass(frozen=True)
class Deployment:
    """A deployment as the workspace stores it; digests are None where another tool created it."""

    name: str
    variant: str | None
    content_digest: str | None
    code_digest: str | None
    training_step: str | None
    git_commit: str | None
    created: datetime | None
    failed: bool = False


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is now."""

    name: str
    default: str | None
    tags: Mapping[str, str]
    deployments: tuple[Deployment, ...]

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


def read_endpoint(client: "MLClient", name: str) -> Endpoint:
    """Return the endpoint ``name`` with its deployments, newest first.

    Raises:
        NotFound: there is no such endpoint.
    """
    from azure.core.exceptions import ResourceNotFoundError

    try:
        endpoint = client.batch_endpoints.get(name)
    except ResourceNotFoundError as error:
        raise NotFound(
            f"The workspace has no endpoint {name}; `python -m scripts.setup_workspace` creates it."
        ) from error
    deployments = [_deployment(found) for found in client.batch_deployments.list(name)]
    deployments.sort(key=lambda found: (found.created is not None, found.created), reverse=True)
    return Endpoint(name, default_of(endpoint), dict(endpoint.tags or {}), tuple(deployments))


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
        tags.get("git_commit"),
        datetime.fromisoformat(created) if isinstance(created, str) else created,
        str(getattr(found, "provisioning_state", None)).lower() in ("failed", "canceled"),
    )


def endpoint_exists(client: "MLClient", name: str) -> bool:
    """Return whether the workspace has the endpoint."""
    return exists(lambda: client.batch_endpoints.get(name))


def ensure_endpoint(client: "MLClient", name: str) -> bool:
    """Create the endpoint as the repository describes it, unless it exists; return whether it was created."""
    from azure.ai.ml import load_batch_endpoint

    if endpoint_exists(client, name):
        return False
    wanted = load_batch_endpoint(endpoint_folder(name) / "endpoint.yml", params_override=[{"name": name}])
    client.batch_endpoints.begin_create_or_update(wanted).result()
    return True


def write_endpoint(
    client: "MLClient",
    name: str,
    tags: Mapping[str, str | None],
    default: str | None = None,
    replacing: str | None = None,
) -> Endpoint:
    """Set tags (None removes a tag) and, where given, the default; then read the endpoint and return it.

    The caller must hold the endpoint's lock. An endpoint is written as a whole, so a write that is based on an older
    read would restore an older default.

    Raises:
        Conflict: the default is no longer ``replacing``, or the workspace reported success but did not store the
            default or a tag.
    """
    endpoint = client.batch_endpoints.get(name)
    if default and default_of(endpoint) != replacing:
        raise Conflict(
            f"The default of {name} is {default_of(endpoint) or 'none'}, no longer {replacing or 'none'}: another "
            "client changed it. Nothing was written."
        )
    kept = {key: value for key, value in {**(endpoint.tags or {}), **tags}.items() if value}
    endpoint.tags = kept
    if default:
        if isinstance(endpoint.defaults, Mapping) or endpoint.defaults is None:
            endpoint.defaults = {"deployment_name": default}
        else:
            endpoint.defaults.deployment_name = default
    client.batch_endpoints.begin_create_or_update(endpoint).result()
    written = read_endpoint(client, name)
    if default and written.default != default:
        raise Conflict(
            f"The workspace said yes to {default} as the default of {name}, but the default is "
            f"{written.default or 'none'}. Run the command again."
        )
    wrong = [key for key, value in kept.items() if written.tags.get(key) != value]
    if wrong:
        raise Conflict(
            f"The workspace did not keep the tag {wrong[0]} of endpoint {name}; perhaps another client wrote it at the "
            f"same moment. Its default is {written.default or 'none'}. Run the command again."
        )
    return written
