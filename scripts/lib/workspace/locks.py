"""Locks that commands hold: of an endpoint, to read and then write it; of work, to look for its job and then start it.

A lock is a lease on a blob. Azure Storage grants a lease to one holder at a time, and ends the lease of a holder that
died.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scripts.lib.digests import content_digest
from scripts.lib.errors import Conflict
from scripts.lib.telling import results
from scripts.lib.workspace import repetition
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.release_store import ReleaseStore
from scripts.lib.workspace.writing import create_once, written

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.storage.blob import BlobClient, BlobLeaseClient

# A holder that is killed blocks others for one lease at most.
_LEASE_SECONDS = 20
_WAIT_SECONDS = 180.0
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 2.0
_RELEASE_SECONDS = 5.0
# So many digits of a work's digest name its lock: few works share one, and there are never more than 256.
_DIGITS = 2


@contextlib.contextmanager
def endpoint_lock(store: ReleaseStore) -> Iterator[None]:
    """Hold the lock of the store's endpoint.

    Raises:
        Conflict: another command holds it for longer than a promotion can take.
    """
    with _lock(store.blob("lock"), f"changes endpoint {store.endpoint}"):
        yield


@contextlib.contextmanager
def start_lock(client: "MLClient", work: object) -> Iterator[None]:
    """Hold the lock of ``work``, so that of two commands that want its job the second finds what the first started.

    Raises:
        Conflict: another command holds it for longer than it takes to start a job.
    """
    digest = content_digest(work).removeprefix("sha256:")
    store = ReleaseStore(Connection(client, client._credential, ""), "runs")
    with _lock(store.blob(f"starting/{digest[:_DIGITS]}"), "starts such a job"):
        yield


@contextlib.contextmanager
def _lock(blob: "BlobClient", act: str) -> Iterator[None]:
    """Hold the lease of a blob; ``act`` says what another command does that holds it."""
    from azure.core.exceptions import AzureError

    lease = _acquire(blob, act)
    released = threading.Event()
    renewal = threading.Thread(target=_renew, args=(lease, released), daemon=True)
    renewal.start()
    try:
        yield
    finally:
        released.set()
        renewal.join()
        with contextlib.suppress(AzureError), repetition.limited(_RELEASE_SECONDS):
            lease.release()


def _acquire(blob: "BlobClient", act: str) -> "BlobLeaseClient":
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
    from azure.storage.blob import BlobLeaseClient

    begun = time.monotonic()
    reported = False
    # With an id of our own, a request that is repeated after a lost answer meets the lease of the first one.
    own = str(uuid.uuid4())
    lease = BlobLeaseClient(blob, lease_id=own)

    def acquire() -> None:
        lease.acquire(lease_duration=_LEASE_SECONDS)
        lease.id = own  # the SDK takes the answer's word for it

    while True:
        try:
            written(
                acquire,
                lambda: _held(lease),
                lambda: f"The storage said yes to the lock {blob.blob_name}, but does not hold it. Try again.",
            )
            return lease
        except ResourceNotFoundError:
            create_once(
                blob.get_blob_properties,
                lambda: blob.upload_blob(b"", overwrite=False),
                f"the lock {blob.blob_name}",
            )
            continue
        except HttpResponseError as error:
            if error.status_code != 409:
                raise
            waited = time.monotonic() - begun
            if waited > _WAIT_SECONDS:
                raise Conflict(
                    f"Another command that {act} has held the lock {blob.blob_name} for over {_WAIT_SECONDS:.0f} s; "
                    "try again when it is done."
                ) from error
        if waited > _PATIENCE_SECONDS and not reported:
            results.tell(f"    Waiting for another command that {act} …")
            reported = True
        time.sleep(_POLL_SECONDS)


def _held(lease: "BlobLeaseClient") -> bool | None:
    """Say whether the lease is ours, by renewing it."""
    from azure.core.exceptions import HttpResponseError

    try:
        lease.renew()
    except HttpResponseError as error:
        if (error.status_code or 500) >= 500:
            raise
        return None
    return True


def _renew(lease: "BlobLeaseClient", released: threading.Event) -> None:
    """Renew the lease until it is released: a write to Azure can take longer than one lease."""
    while not released.wait(_LEASE_SECONDS / 4):
        with contextlib.suppress(Exception):
            lease.renew()
