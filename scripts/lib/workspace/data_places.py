"""Find the data that an address names, and read what the workspace knows of it; none of it is fetched."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.lib.data.address import DataAddress
from scripts.lib.errors import BadConfiguration, NotFound
from scripts.lib.repository.data_types import FOLDER, TABLE

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

DIGEST_TAG = "content_digest"
HOW_TO = {
    FOLDER: "Register the folder of its files as an asset of that type",
    TABLE: "Put an MLTable file beside its files, and register their folder as an asset of that type",
}
_FILE = re.compile(r"\.(csv|data|parquet|txt|gz|zip)/?$", re.IGNORECASE)


@dataclass(frozen=True)
class DataPlace:
    """A folder in the workspace: what a job's input names, where it lies, and the digest and rows that it is known by.

    ``digest`` is empty and ``rows`` 0 where the release line has not seen the data yet. ``kind`` is the asset's type.
    """

    reference: str
    folder: str
    digest: str = ""
    rows: int = 0
    synthetic: bool = False
    kind: str = FOLDER


def place_of(client: "MLClient", address: DataAddress, kinds: Collection[str] = (FOLDER,)) -> DataPlace:
    """Return the folder at ``address``; a label is looked up, so that all that follows is about one version.

    Raises:
        NotFound: the workspace has no such data asset.
        BadConfiguration: it is a file, or an asset of a type that is none of ``kinds``, which the inputs take.
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
    if str(asset.type) not in kinds:
        taken, or_else = " or ".join(kinds), ", or declare mltable for the data of a variant"
        raise BadConfiguration(
            f"{address} is of type {asset.type}; the inputs of the deployments are of type {taken}. "
            f"{HOW_TO[next(iter(kinds))]}{or_else if asset.type == TABLE else ''}."
        )
    tags = asset.tags or {}
    return DataPlace(
        f"azureml:{asset.name}:{asset.version}",
        str(asset.path),
        str(tags.get(DIGEST_TAG, "")).removeprefix("sha256:"),
        int(tags.get("rows", 0)),
        tags.get("synthetic") == "True",
        str(asset.type),
    )


def pinned(client: "MLClient", asset: tuple[str, str]) -> tuple[str, str]:
    """Return name and version of a data asset that is named by version, or by a label such as ``@latest``.

    It is the folder, of which each deployment gets what it takes. Raises as ``place_of`` does.
    """
    name, version = asset
    label = version.removeprefix("@") if version.startswith("@") else ""
    text = f"azureml:{name}{version if label else f':{version}'}"
    found = place_of(client, DataAddress(text, name, "" if label else version, label)).reference
    return name, found.rpartition(":")[2]
