"""Addresses of data, and the files that they refer to. Only this file parses paths on datastores."""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from emulator.state.lookup import resolve_asset, stored_datastore
from emulator.state.workspace import Workspace
from emulator.wire.asset_ids import parse_asset_id
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.names import Names

_DATASTORE_PATH = re.compile(
    r"azureml:(?://)?(?P<workspace>/?subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?"
    r"workspaces/[^/]+/)?/?datastores/(?P<store>[^/]+)/(?:paths/)?(?P<path>.*)"
)
_ADDRESS_KEYS = {"data": "dataUri", "models": "modelUri"}
ARTIFACTS = "azureml"
# The datastores that every workspace has, with their blob containers; None is ``Names.default_container``.
_ARTIFACT_STORE = "workspaceartifactstore"
OWN_DATASTORES = {"workspaceblobstore": None, _ARTIFACT_STORE: ARTIFACTS}


class DatastorePath(NamedTuple):
    """A path on a datastore; ``is_long`` if its address also names the workspace."""

    datastore: str
    path: str
    is_long: bool


def parse_datastore_path(uri: str) -> DatastorePath | None:
    """Parse the address of a path on a datastore, in short or long form; return None for any other address."""
    match = _DATASTORE_PATH.fullmatch(uri)
    return DatastorePath(match["store"], match["path"], match["workspace"] is not None) if match else None


def long_data_uri(names: Names, uri: str) -> str:
    """Return the long form of a short path on a datastore; return any other address unchanged."""
    parsed = parse_datastore_path(uri)
    if parsed is None or parsed.is_long:
        return uri
    return f"{names.datastore_root}/{parsed.datastore}/paths/{parsed.path}"


def default_output(job: str, output: str, datastore: str = "workspaceblobstore") -> str:
    """Return the address of an output for which its job gives none."""
    return f"azureml://datastores/{datastore}/paths/azureml/{job}/{output}/"


def own_folder(run: str) -> str:
    """Return the address of the folder with the logs and artifacts of a run."""
    return f"azureml://datastores/{_ARTIFACT_STORE}/paths/ExperimentRun/dcid.{run}/"


def container_of(workspace: Workspace, datastore: str) -> str:
    """Return the name of the blob container of a datastore.

    Raises:
        ServiceError: the datastore does not exist, or lies on another storage account than the workspace's.
    """
    if datastore.lower() in OWN_DATASTORES:
        return OWN_DATASTORES[datastore.lower()] or workspace.names.default_container
    properties = stored_datastore(workspace, datastore)["properties"]
    if properties["datastoreType"] != "AzureBlob" or properties["accountName"] != workspace.names.account:
        raise unsupported(
            f"Reading or writing datastore {datastore}, which lies on other storage than the workspace's,"
        )
    return str(properties["containerName"])


def datastore_path(workspace: Workspace, uri: str) -> Path:
    """Return the local path of a path on a datastore, in short or long form; it need not exist yet.

    Raises:
        ServiceError: ``uri`` is another address, or its datastore does not exist or lies on other storage.
    """
    parsed = parse_datastore_path(uri)
    if parsed is None:
        raise unsupported(f"Writing {uri} (outputs go to this workspace's datastores)")
    return workspace.blobs.path(container_of(workspace, parsed.datastore), parsed.path.strip("/"))


def local_path(workspace: Workspace, uri: str) -> Path:
    """Return the local path of a datastore path, an asset, a blob URL or a ``file://`` URL.

    Raises:
        ServiceError: the workspace cannot reach an address of this kind, or the asset does not exist.
    """
    parsed = parse_asset_id(uri)
    kind = parsed[0] if parsed and parsed[0] in _ADDRESS_KEYS else "data"
    if asset := resolve_asset(workspace, kind, uri):
        return local_path(workspace, asset[2]["properties"][_ADDRESS_KEYS[kind]])
    if parse_datastore_path(uri):
        return datastore_path(workspace, uri)
    if (address := _web_address(uri)) and address.hostname == workspace.names.storage_host:
        container, _, name = address.path.lstrip("/").partition("/")
        return workspace.blobs.path(container, name)
    if uri.startswith("file://"):
        return Path(uri[len("file://") :])
    if uri.startswith("azureml://registries/"):
        raise unsupported(f"An asset of a registry ({uri})")
    raise unsupported(
        f"Reading {uri} (inputs come from this workspace's datastores and assets or from an http(s) address)"
    )


def is_on_the_web(workspace: Workspace, uri: str) -> bool:
    """Return whether ``uri`` is an http(s) address of another server than the workspace's own storage.

    Raises:
        ServiceError: it starts with ``http:`` or ``https:`` but is not a valid address.
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
