"""What a release must remember beside the endpoint: a lock, the history of defaults, and evidence.

It lives in the workspace's default datastore, where every client of the workspace can reach it. The lock is a lease
on a blob, which Azure Storage grants to one holder at a time and takes back when the holder dies.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from scripts.lib import results
from scripts.lib.errors import Conflict
from scripts.lib.workspace import Connection

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobLeaseClient, ContainerClient

# A holder that is killed blocks others for one lease at most.
_LEASE_SECONDS = 20
_WAIT_SECONDS = 180.0
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 2.0


def _keep(lease: "BlobLeaseClient", released: threading.Event) -> None:
    """Renew the lease until it is released: a write to Azure can outlast it."""
    while not released.wait(_LEASE_SECONDS / 4):
        with contextlib.suppress(Exception):
            lease.renew()


class Ledger:
    """The memory of one endpoint."""

    def __init__(self, connection: Connection, endpoint: str) -> None:
        self._connection = connection
        self._root = f"releases/{endpoint}"
        self._endpoint = endpoint

    def _container(self) -> "ContainerClient":
        from azure.storage.blob import ContainerClient

        store = self._connection.client.datastores.get_default(include_secrets=True)
        key = getattr(store.credentials, "account_key", None) or getattr(store.credentials, "sas_token", None)
        address = f"https://{store.account_name}.blob.{store.endpoint}"
        return ContainerClient(address, store.container_name, credential=key or self._connection.credential)

    def _blob(self, name: str) -> "BlobClient":
        return self._container().get_blob_client(f"{self._root}/{name}")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the endpoint's lock: whoever writes the endpoint reads it with the lock held.

        Raises:
            Conflict: somebody else holds it for longer than a promotion can take.
        """
        from azure.core.exceptions import HttpResponseError

        blob = self._blob("lock")
        try:
            blob.upload_blob(b"", overwrite=False)
        except HttpResponseError as error:
            if error.status_code not in (409, 412):  # it is there, perhaps with a lease on it
                raise
        begun = time.monotonic()
        told = False
        while True:
            try:
                lease = blob.acquire_lease(lease_duration=_LEASE_SECONDS)
                break
            except HttpResponseError as error:
                if error.status_code != 409:
                    raise
                waited = time.monotonic() - begun
                if waited > _WAIT_SECONDS:
                    raise Conflict(
                        f"Another command has held the lock of endpoint {self._endpoint} for over "
                        f"{_WAIT_SECONDS:.0f} s; try again when it is done."
                    ) from error
                if waited > _PATIENCE_SECONDS and not told:
                    results.tell(f"    Waiting for another command that changes endpoint {self._endpoint} …")
                    told = True
                time.sleep(_POLL_SECONDS)
        released = threading.Event()
        renewal = threading.Thread(target=_keep, args=(lease, released), daemon=True)
        renewal.start()
        try:
            yield
        finally:
            released.set()
            renewal.join()
            with contextlib.suppress(HttpResponseError):
                lease.release()

    def history(self) -> list[dict[str, Any]]:
        """Return who was default when, oldest first."""
        text = self._read("history.jsonl")
        return [json.loads(line) for line in text.splitlines()] if text else []

    def write_history(self, entries: list[dict[str, Any]]) -> None:
        """Replace the history; call it with the lock held."""
        text = "".join(json.dumps(entry, sort_keys=True) + "\n" for entry in entries)
        self._blob("history.jsonl").upload_blob(text.encode(), overwrite=True)

    def keep_evidence(self, deployment: str, content: bytes) -> None:
        """Store the evidence with the candidate."""
        self._blob(f"{deployment}/evidence.json").upload_blob(content, overwrite=True)

    def evidence(self, deployment: str) -> bytes | None:
        """Return the evidence that is stored with a deployment, or None."""
        text = self._read(f"{deployment}/evidence.json")
        return text.encode() if text else None

    def _read(self, name: str) -> str | None:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._blob(name).download_blob().readall().decode()
        except ResourceNotFoundError:
            return None
