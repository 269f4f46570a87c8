"""Addresses of data: short and long ``azureml://`` paths, and the files behind them and behind assets."""

import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from emulator.state.blobs import BlobStore
from emulator.state.lookup import resolve_asset, stored_datastore
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.names import Names

_DATASTORE_PATH = re.compile(
    r"azureml:(?://)?(?:/?subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?"
    r"/?datastores/(?P<store>[^/]+)/(?:paths/)?(?P<path>.*)"
)

_ADDRESS_KEYS = {"data": "dataUri", "models": "modelUri"}
ARTIFACTS = "azureml"
_SHORT = "azureml://datastores/"
# The datastores that every workspace has, with their containers; None is the container of the workspace's id.
OWN_DATASTORES = {"workspaceblobstore": None, "workspaceartifactstore": ARTIFACTS}


def container_of(workspace: Workspace, datastore: str) -> str:
    """Name the blob container behind a datastore.

    Raises:
        ServiceError: there is no such datastore, or it lies on storage that is not the workspace's own.
    """
    if datastore.lower() in OWN_DATASTORES:
        return OWN_DATASTORES[datastore.lower()] or workspace.names.default_container
    properties = stored_datastore(workspace, datastore)["properties"]
    if properties["datastoreType"] != "AzureBlob" or properties["accountName"] != workspace.names.account:
        raise unsupported(
            f"Reading or writing datastore {datastore}, which lies on other storage than the workspace's,"
        )
    return str(properties["containerName"])


def local_path(workspace: Workspace, uri: str) -> Path:
    """Find the file or folder behind a datastore path, an asset, a blob URL or a ``file://`` URL.

    Raises:
        ServiceError: the address is of a kind that cannot be reached from here, or holds nothing.
    """
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


def is_on_the_web(workspace: Workspace, uri: str) -> bool:
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


class Places:
    """Addresses of a workspace's storage and the files behind them, for those that need no service."""

    def __init__(self, blobs: BlobStore, names: Names) -> None:
        self._blobs = blobs
        self._names = names

    def log(self, job: str, name: str) -> Path:
        """File of a job's log ``name``, its folder made."""
        path = self._blobs.path(ARTIFACTS, f"ExperimentRun/dcid.{job}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    def default_output(self, job: str, output: str) -> str:
        """Address where an output goes unless its job says otherwise."""
        return f"{_SHORT}workspaceblobstore/paths/azureml/{job}/{output}/"

    def of_uri(self, uri: str) -> Path:
        """File or folder behind a datastore path, short or long.

        Raises:
            ValueError: it is not on a datastore of this workspace.
        """
        _, found, rest = uri.partition("/datastores/" if "/workspaces/" in uri else _SHORT)
        store, _, path = rest.partition("/paths/")
        containers = {"workspaceblobstore": self._names.default_container, "workspaceartifactstore": ARTIFACTS}
        if not found or store not in containers:
            raise ValueError(f"{uri} is not on a datastore of this workspace")
        return self._blobs.path(containers[store], path.strip("/"))


def long_data_uri(names: Names, uri: str) -> str:
    """Turn a short datastore path into the long form that the service keeps."""
    match = re.fullmatch(r"azureml://datastores/([^/]+)/paths/(.*)", uri)
    return f"{names.datastore_root}/{match[1]}/paths/{match[2]}" if match else uri
