"""Find the data that an address names, and read what the workspace knows of it; none of it is fetched."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.lib.data.address import DataAddress
from scripts.lib.errors import BadConfiguration, NotFound

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

DIGEST_TAG = "content_digest"
_FILE = re.compile(r"\.(csv|data|parquet|txt|gz|zip)/?$", re.IGNORECASE)


@dataclass(frozen=True)
class DataPlace:
    """A folder in the workspace: what a job's input names, where it lies, and the digest and rows that it is known by.

    ``digest`` is empty and ``rows`` 0 where the release line has not seen the data yet.
    """

    reference: str
    folder: str
    digest: str = ""
    rows: int = 0
    synthetic: bool = False


def place_of(client: "MLClient", address: DataAddress) -> DataPlace:
    """Return the folder at ``address``; a label is looked up, so that all that follows is about one version.

    Raises:
        NotFound: the workspace has no such data asset.
        BadConfiguration: it is no folder: a file, or a table that an MLTable file describes.
    """
    from azure.core.exceptions import ResourceNotFoundError

    if not address.name:
        if _FILE.search(address.text):
            raise BadConfiguration(f"{address} names a file; the pipelines take folders: name the folder it is in.")
        return DataPlace(address.text, address.text)
    try:
        chosen = {"version": address.version} if address.version else {"label": address.label}
        asset = client.data.get(address.name, **chosen)
    except ResourceNotFoundError as error:
        raise NotFound(f"The workspace has no data asset {address}.") from error
    if str(asset.type) != "uri_folder":
        raise BadConfiguration(
            f"{address} is of type {asset.type}; the inputs of the deployments are of type uri_folder. Register the "
            "folder of its files as an asset of that type."
        )
    tags = asset.tags or {}
    return DataPlace(
        f"azureml:{asset.name}:{asset.version}",
        str(asset.path),
        str(tags.get(DIGEST_TAG, "")).removeprefix("sha256:"),
        int(tags.get("rows", 0)),
        tags.get("synthetic") == "True",
    )


def pinned(client: "MLClient", asset: tuple[str, str]) -> tuple[str, str]:
    """Return name and version of a data asset that is named by version, or by a label such as ``@latest``."""
    name, version = asset
    if not version.startswith("@"):
        return asset
    found = place_of(client, DataAddress(f"azureml:{name}{version}", name, label=version[1:])).reference
    return name, found.rpartition(":")[2]
