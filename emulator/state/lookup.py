"""Look up the documents that a request names; the errors have the words of the service."""

from emulator.state import keys
from emulator.state.records import AssetVersion, Datastore, Deployment, Endpoint
from emulator.state.registries import SCHEME, component_in_file, registry_component
from emulator.state.versions import latest_version
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id, parse_short_reference
from emulator.wire.errors import ServiceError, bad_request, no_such, not_found, unsupported

_SERVERLESS = "serverless"


def resolve_asset(workspace: Workspace, kind: str, reference: str) -> tuple[str, str, AssetVersion] | None:
    """Look up the asset that ``azureml:NAME:VERSION``, ``azureml:NAME@latest`` or an ARM id refers to.

    Returns:
        Name, version and stored document; None if ``reference`` is not a reference to an asset.

    Raises:
        ServiceError: the asset does not exist.
    """
    if (parsed := parse_asset_id(reference)) and parsed[0] == kind:
        name, version = parsed[1], parsed[2]
    elif short := parse_short_reference(reference):
        name, version = short.name, short.version
        if short.label and short.label != "latest":
            raise bad_request(f"Label {short.label} of {kind} {name} is not supported; only latest is.")
    else:
        return None
    if version is None:
        version = latest_version(workspace.store, kind, name)
    absent = not_found(f"Not found {kind.rstrip('s')} {name} (version: {version}).", "NotFound")
    return name, str(version), workspace.store.find(keys.asset_version(kind, name, version), absent)


def environment_id(workspace: Workspace, reference: str) -> str:
    """Return the long id of an environment; an environment of a registry is not looked up.

    Raises:
        ServiceError: the workspace has no such environment.
    """
    if reference.startswith(SCHEME):
        return reference
    found = parse_asset_id(reference)
    plain = reference.removeprefix("azureml:")
    if not found and plain.startswith("AzureML-"):
        name, _, version = plain.replace("@latest", ":1").partition(":")
        return f"azureml://registries/azureml/environments/{name}/versions/{version or '1'}"
    asset = resolve_asset(workspace, "environments", reference)
    if asset is None:
        raise bad_request(f"Environment {reference!r} is not a reference to an environment.", "ArgumentInvalid")
    return f"azureml:{workspace.names.arm}/environments/{asset[0]}/versions/{asset[1]}"


def stored_component(workspace: Workspace, identity: str) -> AssetVersion:
    """Return the stored component that an ARM id or a name refers to.

    Raises:
        ServiceError: the component does not exist.
    """
    if identity.startswith(SCHEME):
        return registry_component(workspace, identity)
    if identity.startswith("file://"):
        return component_in_file(workspace, identity)
    parsed = parse_asset_id(identity)
    name, version = (parsed[1], parsed[2]) if parsed and parsed[0] == "components" else (identity, "")
    if version is None:
        version = latest_version(workspace.store, "components", name)
    message = f"key: {identity}, Message: Not found component {name} (version: {version})."
    return workspace.store.find(keys.asset_version("components", name, version), ServiceError(404, "NotFound", message))


def find_endpoint(workspace: Workspace, name: str) -> Endpoint:
    """Return the stored endpoint ``name``.

    Raises:
        ServiceError: it does not exist (``NoSuchEndpoint``).
    """
    return workspace.store.find(keys.endpoint(name), no_such("Endpoint", name, workspace.names.workspace))


def find_deployment(workspace: Workspace, endpoint: str, name: str) -> Deployment:
    """Return the stored deployment ``name`` of ``endpoint``.

    Raises:
        ServiceError: there is no such endpoint or deployment.
    """
    find_endpoint(workspace, endpoint)
    return workspace.store.find(keys.deployment(endpoint, name), no_such("Deployment", name, endpoint))


def require_compute(workspace: Workspace, name: str) -> None:
    """Check that the compute of a job exists; ``serverless`` always does.

    Raises:
        ServiceError: it does not exist, or is a virtual cluster.
    """
    if "/virtualclusters/" in name.lower():
        raise unsupported("A virtual cluster (Singularity)")
    if name != _SERVERLESS:
        message = f"Compute not found with name {name}"
        workspace.store.find(
            keys.compute(name), ServiceError(404, "ComputeNotFound", message, inner=("NotFoundError",))
        )


def stored_datastore(workspace: Workspace, name: str) -> Datastore:
    """Return a stored datastore, one that a user added.

    Raises:
        ServiceError: it does not exist.
    """
    return workspace.store.find(keys.datastore(name), not_found(f"Could not find datastore: {name}."))
