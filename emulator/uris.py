"""Addresses of data: short and long ``azureml://`` paths, asset ids, and the files behind them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from emulator.errors import bad_request, not_found, unsupported

if TYPE_CHECKING:
    from emulator.service import Workspace

_DATASTORE_PATH = re.compile(
    r"azureml:(?://)?(?:/?subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?"
    r"/?datastores/(?P<store>[^/]+)/(?:paths/)?(?P<path>.*)"
)
_ASSET_ID = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers/Microsoft\.MachineLearningServices/"
    r"workspaces/[^/]+/(?P<kind>\w+)/(?P<name>[^/]+)(?:/labels/(?:default|latest)|/versions/(?P<version>[^/]+))?",
    re.IGNORECASE,
)
_SHORT_ASSET = re.compile(r"azureml:(?P<name>[^:/@]+)(?::(?P<version>[^:/@]+)|@(?P<label>[^:/@]+))")

# The service takes this in the place of a version; it means the version that is the default.
DEFAULT_VERSION = "azureml_default"
_ADDRESS_KEYS = {"data": "dataUri", "models": "modelUri"}


def parse_asset_id(identity: str) -> tuple[str, str, str | None] | None:
    """Split an ARM id of an asset into its kind, name and version, or return None.

    The version is None where the id has none, or the label of the latest one.
    """
    match = _ASSET_ID.fullmatch(identity)
    if match is None:
        return None
    return match["kind"].lower(), match["name"], None if match["version"] == DEFAULT_VERSION else match["version"]


def resolve_asset(workspace: "Workspace", kind: str, reference: str) -> tuple[str, str, dict[str, Any]] | None:
    """Find the asset that ``azureml:NAME:VERSION``, ``azureml:NAME@latest`` or an ARM id names.

    Returns:
        Name, version and stored document; None when ``reference`` is no reference to an asset.

    Raises:
        ServiceError: it is one, and there is no such asset.
    """
    if (parsed := parse_asset_id(reference)) and parsed[0] == kind:
        name, version = parsed[1], parsed[2]
    elif match := _SHORT_ASSET.fullmatch(reference):
        name, version = match["name"], match["version"]
        if match["label"] and match["label"] != "latest":
            raise bad_request(f"Label {match['label']} of {kind} {name} is not supported; only latest is.")
    else:
        return None
    if version is None:
        container = workspace.store.get(f"{kind}/{name}")
        version = container.get("latest") if container else None
    stored = workspace.store.get(f"{kind}/{name}/versions/{version}")
    if stored is None:
        raise not_found(f"Not found {kind.rstrip('s')} {name} (version: {version}).", "NotFound")
    return name, str(version), stored


def local_path(workspace: "Workspace", uri: str) -> Path:
    """Find the file or folder behind a datastore path, an asset, a blob URL or a ``file://`` URL.

    Raises:
        ServiceError: the address is of a kind that cannot be reached from here, or holds nothing.
    """
    from emulator.datastores import container_of

    parsed = parse_asset_id(uri)
    kind = parsed[0] if parsed and parsed[0] in _ADDRESS_KEYS else "data"
    if asset := resolve_asset(workspace, kind, uri):
        return local_path(workspace, asset[2]["properties"][_ADDRESS_KEYS[kind]])
    if match := _DATASTORE_PATH.fullmatch(uri):
        container = container_of(workspace, match["store"])
        return workspace.blobs.path(container, match["path"].strip("/"))
    if (address := _web_address(uri)) and address.hostname == workspace.names.storage_host:
        container, _, name = address.path.lstrip("/").partition("/")
        return workspace.blobs.path(container, name)
    if uri.startswith("file://"):
        return Path(uri[len("file://") :])
    if uri.startswith("azureml://registries/"):
        raise unsupported(f"An asset of a registry ({uri})")
    raise unsupported(
        f"Reading or writing {uri} (inputs come from this workspace's datastores and assets or from an http(s) address,"
        " outputs go to its datastores)"
    )


def is_on_the_web(workspace: "Workspace", uri: str) -> bool:
    """Say whether ``uri`` is an http(s) address of another server than the workspace's own storage.

    Raises:
        ServiceError: it starts like one, and is none.
    """
    address = _web_address(uri)
    return address is not None and address.hostname != workspace.names.storage_host


def _web_address(uri: str) -> SplitResult | None:
    if not uri.lower().startswith(("http://", "https://")):
        return None
    try:
        address = urlsplit(uri)
        # Reading the port checks it.
        if address.hostname and (address.port is None or address.port):
            return address
    except ValueError:
        pass
    raise bad_request(f"{uri} is not an address of a web server.", "ArgumentInvalid")
