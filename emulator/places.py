"""Where a job's outputs and logs are, as addresses and as files."""

import re
from pathlib import Path

from emulator.blobs import BlobStore
from emulator.names import Names

ARTIFACTS = "azureml"
_SHORT = "azureml://datastores/"


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
