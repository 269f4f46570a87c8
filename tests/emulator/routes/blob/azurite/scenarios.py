"""The operations of a blob service through the storage SDK: blobs, conditions, leases, lists."""

from contextlib import suppress
from datetime import datetime, timedelta, timezone

from azure.core import MatchConditions
from azure.core.exceptions import AzureError

LARGE = bytes(range(256)) * 1024
OTHER = "1d1a0b0a-0000-4000-8000-000000000000"


def blob(*acts):
    """Play ``acts`` one after the other on a blob of the scenario's own."""

    def play(container, name):
        client = container.get_blob_client(f"{name}/blob")
        for act in acts:
            with suppress(AzureError):
                act(client)

    return play


def leased(act, seconds=15):
    """Play ``act`` on a blob and a lease of it."""

    def play(container, name):
        client = container.get_blob_client(f"{name}/blob")
        client.upload_blob(b"mine")
        lease = client.acquire_lease(lease_duration=seconds)
        with suppress(AzureError):
            act(client, lease)

    return play


def listed(below="", **options):
    """List blobs of which some lie in folders; return their names by page."""

    def play(container, name):
        for path in ("a", "sub/b", "sub/c & d", "sub/deep/e", "z"):
            container.upload_blob(f"{name}/{path}", path, metadata={"kind": "x"})
        pages = container.list_blobs(name_starts_with=f"{name}/{below}", **options).by_page()
        return [[(each.name, each.size, each.metadata, each.lease.state) for each in page] for page in pages]

    return play


def walked(below="sub/", **options):
    """List a folder, with the names of the folders in it; return the names by page."""

    def play(container, name):
        listed()(container, name)
        pages = container.walk_blobs(name_starts_with=f"{name}/{below}", **options).by_page()
        return [[item.name for item in page] for page in pages]

    return play


def missed(container, name):
    """Read a range of a blob whose lease is another's; return what the SDK makes of properties."""
    client = container.get_blob_client(f"{name}/blob")
    client.upload_blob(b"mine", metadata={"kind": "x"})
    found = client.get_blob_properties()
    return found.size, found.metadata, dict(found.lease), found.content_settings.content_type, found.blob_type


def small(it):
    return it.upload_blob(b"small", overwrite=True, metadata={"kind": "small"})


def read(it):
    return it.download_blob().readall()


def properties(it):
    return it.get_blob_properties()


def overwrite(it, **options):
    return it.upload_blob(b"x", overwrite=True, **options)


def held_by_other(lease):
    lease.id = OTHER
    return lease


def released(lease):
    """Release ``lease``; return it as its holder knew it, as the SDK forgets its id."""
    known = lease.id
    lease.release()
    lease.id = known
    return lease


def broken(lease):
    """Break ``lease`` at once; return it as its holder knew it."""
    known = lease.id
    lease.break_lease(0)
    lease.id = known
    return lease


SAME, NOT_SAME = MatchConditions.IfNotModified, MatchConditions.IfModified
SOON, LONG_AGO = datetime.now(timezone.utc) + timedelta(days=1), datetime(2020, 1, 1, tzinfo=timezone.utc)


def same(it, condition=SAME):
    """Return the options by which a request depends on the state that the blob has now."""
    return {"etag": properties(it).etag, "match_condition": condition}


SCENARIOS = {
    "a small blob": blob(small, read, properties),
    "an empty blob": blob(lambda it: it.upload_blob(b""), read, properties),
    "a blob in blocks": blob(lambda it: it.upload_blob(LARGE), read, properties),
    "what the SDK makes of properties": missed,
    "a range": blob(small, lambda it: it.download_blob(offset=1, length=2).readall()),
    "a range to beyond the end": blob(small, lambda it: it.download_blob(offset=3, length=100).readall()),
    "a range beyond the end": blob(small, lambda it: it.download_blob(offset=100, length=5).readall()),
    "a blob that is there": blob(small, lambda it: it.upload_blob(b"other")),
    "a blob in blocks that is there": blob(small, lambda it: it.upload_blob(LARGE)),
    "no blob to delete": blob(lambda it: it.delete_blob()),
    "no blob to read": blob(read, properties, lambda it: it.exists()),
    "no blob to change": blob(lambda it: it.set_blob_metadata({"kind": "x"}), lambda it: it.acquire_lease(15)),
    "an overwrite if the blob is the same": blob(small, lambda it: overwrite(it, **same(it))),
    "an overwrite if it is another": blob(small, lambda it: overwrite(it, etag='"0x0"', match_condition=SAME)),
    "a download if the blob is the same": blob(small, lambda it: it.download_blob(**same(it))),
    "a download if it is another": blob(small, lambda it: it.download_blob(etag='"0x0"', match_condition=SAME)),
    "a download if it has changed": blob(small, lambda it: it.download_blob(**same(it, NOT_SAME))),
    "a download if changed since": blob(small, lambda it: it.download_blob(if_modified_since=SOON)),
    "a download if not changed since": blob(small, lambda it: it.download_blob(if_unmodified_since=LONG_AGO)),
    "metadata": blob(small, lambda it: it.set_blob_metadata({"kind": "other"}), properties),
    "blocks that were never staged": blob(lambda it: it.commit_block_list(["bm9uZQ=="])),
    "a deletion": blob(small, lambda it: it.delete_blob(), properties),
    "a lease": leased(lambda it, lease: (lease.renew(), properties(it), lease.release(), properties(it))),
    "a lease without end": leased(lambda it, _: properties(it), seconds=-1),
    "a lease of a second": blob(small, lambda it: it.acquire_lease(1)),
    "a second lease": leased(lambda it, _: it.acquire_lease(lease_duration=15)),
    "the same lease again": leased(lambda it, lease: it.acquire_lease(lease_duration=15, lease_id=lease.id)),
    "a write without the lease": leased(lambda it, _: overwrite(it)),
    "a write with the lease": leased(lambda it, lease: overwrite(it, lease=lease)),
    "a write with another lease": leased(lambda it, _: overwrite(it, lease=OTHER)),
    "a write after the lease": leased(lambda it, lease: overwrite(it, lease=released(lease))),
    "a deletion without the lease": leased(lambda it, _: it.delete_blob()),
    "a deletion with the lease": leased(lambda it, lease: (it.delete_blob(lease=lease), small(it), properties(it))),
    "metadata without the lease": leased(lambda it, _: it.set_blob_metadata({"kind": "x"})),
    "a read without the lease": leased(lambda it, _: read(it)),
    "a renewal after release": leased(lambda it, lease: released(lease).renew()),
    "a renewal by another": leased(lambda it, lease: held_by_other(lease).renew()),
    "a release by another": leased(lambda it, lease: held_by_other(lease).release()),
    "a broken lease": leased(lambda it, lease: (broken(lease), properties(it), overwrite(it), properties(it))),
    "a renewal of a broken lease": leased(lambda it, lease: broken(lease).renew()),
    "a lease after a broken one": leased(lambda it, lease: (broken(lease), it.acquire_lease(15), properties(it))),
    "no lease to break": leased(lambda it, lease: released(lease).break_lease(0)),
    "a change of a lease": leased(lambda it, lease: (lease.change(OTHER), overwrite(it, lease=OTHER))),
    "a change of a broken lease": leased(lambda it, lease: broken(lease).change(OTHER)),
    "a release of a broken lease": leased(lambda it, lease: (broken(lease).release(), properties(it))),
    "a write with a broken lease": leased(lambda it, lease: overwrite(it, lease=broken(lease))),
    "a list": listed(),
    "a list with metadata": listed(include=["metadata"]),
    "a list of a folder": listed("sub/"),
    "a list in pages": listed(results_per_page=2),
    "a list of nothing": listed("none"),
    "a walk": walked(),
    "a walk in pages": walked("", results_per_page=1),
    "a container": lambda container, _: container.exists(),
}  # fmt: skip
