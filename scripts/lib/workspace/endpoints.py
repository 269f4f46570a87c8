"""Read a batch endpoint and its deployments; write its default and tags, and verify the write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import Conflict, NotFound
from scripts.lib.repository.files import endpoint_folder
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.writing import create_once, exists, written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

PREVIOUS_TAG = "previous_default"
EVIDENCE_TAG = "evidence."


@dataclass(frozen=True)
class Deployment:
    """A deployment as the workspace stores it; the digests are None where another tool created it.

    ``scoring`` is the reference of the pipeline component that scores rows with what the deployment delivers.
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


def write_endpoint(
    client: "MLClient",
    name: str,
    tags: Mapping[str, str | None],
    default: str | None = None,
    replacing: str | None = None,
) -> Endpoint:
    """Set tags (None removes a tag) and, where given, the default; then read the endpoint and return it.

    The evidence's tags of deployments that are gone are removed with every write: Azure keeps some fifty tags.

    An endpoint is written whole, so this needs the endpoint's lock: a write from an older reading would bring an
    older default back.

    Raises:
        Conflict: the default is no longer ``replacing``, or the workspace reported success but did not store the
            default or a tag.
    """
    endpoint = client.batch_endpoints.get(endpoint_name(client, name))
    present = default_of(endpoint)
    if default and present != replacing:
        raise Conflict(
            f"The default of {name} is {present or 'none'}, no longer {replacing or 'none'}: another "
            "client changed it. Nothing was written."
        )
    before = read_endpoint(client, name)
    told = {**dict.fromkeys(stale_tags(before)), **tags}
    kept = {key: value for key, value in {**before.tags, **told}.items() if value}
    endpoint.tags = kept
    if default:
        if isinstance(endpoint.defaults, Mapping) or endpoint.defaults is None:
            endpoint.defaults = {"deployment_name": default}
        else:
            endpoint.defaults.deployment_name = default

    def as_told() -> Endpoint | None:
        now = read_endpoint(client, name)
        return now if now.default == (default or present) and not _differing(now, kept, told) else None

    return written(
        lambda: client.batch_endpoints.begin_create_or_update(endpoint).result(),
        as_told,
        lambda: _not_as_told(read_endpoint(client, name), default, kept, told),
    )


def stale_tags(state: Endpoint) -> list[str]:
    """Return the tags that tell of the evidence about deployments which are gone."""
    names = {EVIDENCE_TAG + deployment.name for deployment in state.deployments}
    return [tag for tag in state.tags if tag.startswith(EVIDENCE_TAG) and tag not in names]


def _differing(now: Endpoint, kept: Mapping[str, str], told: Mapping[str, str | None]) -> list[str]:
    """Return the tags that are not as they were told to be: other, missing, or there although they were removed."""
    wanted: dict[str, str | None] = {**dict.fromkeys(told), **kept}
    return [key for key, value in wanted.items() if now.tags.get(key) != value]


def _not_as_told(now: Endpoint, default: str | None, kept: Mapping[str, str], told: Mapping[str, str | None]) -> str:
    if default and now.default != default:
        return (
            f"The workspace said yes to {default} as the default of {now.name}, but the default is "
            f"{now.default or 'none'}. Run the command again."
        )
    wrong = next(iter(_differing(now, kept, told)), "of its default")
    return (
        f"The workspace did not keep the tag {wrong} of endpoint {now.name}; perhaps another client wrote it at the "
        f"same moment. Its default is {now.default or 'none'}. Run the command again."
    )
