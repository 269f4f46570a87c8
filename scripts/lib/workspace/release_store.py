"""The files that the release line keeps beside an endpoint: its lock, its history of defaults, and evidence.

They lie in the workspace's default datastore, where every client of the workspace can reach them.
"""

from typing import TYPE_CHECKING

from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.writing import deleted, exists, written

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient


class ReleaseStore:
    """The files of one endpoint, below ``releases/ENDPOINT`` in the default datastore."""

    def __init__(self, connection: Connection, endpoint: str) -> None:
        self.endpoint = endpoint
        self._connection = connection
        self._opened: ContainerClient | None = None

    def blob(self, name: str) -> "BlobClient":
        """Return the client of one file, whether it exists or not."""
        return self._container().get_blob_client(f"releases/{self.endpoint}/{name}")

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None where there is no such file."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self.blob(name).download_blob().readall()
        except ResourceNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file and read it back; replace the one that is there.

        Raises:
            Conflict: the storage said yes, but the file does not hold the content.
        """
        written(
            lambda: self.blob(name).upload_blob(content, overwrite=True),
            lambda: True if self.read(name) == content else None,
            lambda: f"The storage said yes to {self.place(name)}, but did not keep it. Run the command again.",
        )

    def delete(self, name: str) -> None:
        """Delete a file, and see that it is gone; do nothing where there is none.

        Raises:
            Conflict: the storage said yes, but still has it.
        """
        blob = self.blob(name)
        if exists(blob.get_blob_properties):
            deleted(blob.get_blob_properties, lambda: blob.delete_blob(), self.place(name))

    def place(self, name: str) -> str:
        """Say where a file lies, in a message."""
        return f"releases/{self.endpoint}/{name} of the default datastore"

    def names(self) -> list[str]:
        """Return the names of all files."""
        prefix = f"releases/{self.endpoint}/"
        return [name.removeprefix(prefix) for name in self._container().list_blob_names(name_starts_with=prefix)]

    def _container(self) -> "ContainerClient":
        from azure.storage.blob import ContainerClient

        if self._opened:
            return self._opened
        store = self._connection.client.datastores.get_default(include_secrets=True)
        key = getattr(store.credentials, "account_key", None) or getattr(store.credentials, "sas_token", None)
        address = f"https://{store.account_name}.blob.{store.endpoint}"
        self._opened = ContainerClient(address, store.container_name, credential=key or self._connection.credential)
        return self._opened
