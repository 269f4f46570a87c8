"""The blob service through Azure's own client: blocks, ranges, conditions, leases, names, lists."""

import hashlib
import threading

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient


@pytest.fixture
def container(bench):
    names = bench.workspace.names
    service = BlobServiceClient(
        f"https://{names.storage_host}", credential="a2V5", max_single_put_size=64 * 1024, max_block_size=64 * 1024
    )
    with service, service.get_container_client(names.default_container) as client:
        yield client


@pytest.fixture
def name(bench):
    return f"blobs/{bench.folder.name}/x"


def test_a_large_blob_goes_up_in_blocks_and_comes_down_in_ranges(container, name):
    content = bytes(range(256)) * 1024
    container.upload_blob(name, content, metadata={"kind": "big"}, max_concurrency=4)
    blob = container.get_blob_client(name)
    assert blob.download_blob().readall() == content
    assert blob.download_blob(offset=70_000, length=5).readall() == content[70_000:70_005]
    assert (blob.get_blob_properties().size, blob.get_blob_properties().metadata) == (len(content), {"kind": "big"})


def test_an_existing_blob_is_not_overwritten_unasked(container, name):
    for content in (b"small", b"x" * 200_000):
        container.upload_blob(f"{name}{len(content)}", content)
        with pytest.raises(ResourceExistsError) as refusal:
            container.upload_blob(f"{name}{len(content)}", b"y" * len(content))
        assert refusal.value.error_code == "BlobAlreadyExists"
        assert container.download_blob(f"{name}{len(content)}").readall() == content
        container.upload_blob(f"{name}{len(content)}", b"new", overwrite=True)
        assert container.download_blob(f"{name}{len(content)}").readall() == b"new"


def test_of_many_who_create_a_blob_one_wins(container, name):
    outcomes = []

    def create(number):
        try:
            container.upload_blob(name, str(number).encode())
            outcomes.append(number)
        except ResourceExistsError:
            outcomes.append(None)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [number for number in outcomes if number is not None]
    assert len(winners) == 1
    assert container.download_blob(name).readall() == str(winners[0]).encode()


def test_a_blob_changed_by_another_is_not_overwritten(container, name):
    blob = container.get_blob_client(name)
    seen = blob.upload_blob(b"1")["etag"]
    blob.upload_blob(b"2", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        blob.upload_blob(b"3", overwrite=True, etag=seen, match_condition=MatchConditions.IfNotModified)
    current = blob.get_blob_properties().etag
    blob.upload_blob(b"4", overwrite=True, etag=current, match_condition=MatchConditions.IfNotModified)
    assert blob.download_blob().readall() == b"4"


def test_a_lease_keeps_others_out(container, name):
    blob = container.get_blob_client(name)
    blob.upload_blob(b"mine")
    lease = blob.acquire_lease(lease_duration=15)
    for attempt in (
        lambda: blob.upload_blob(b"theirs", overwrite=True),
        blob.delete_blob,
        lambda: blob.set_blob_metadata({"a": "b"}),
        lambda: blob.acquire_lease(lease_duration=15),
    ):
        with pytest.raises(HttpResponseError) as refusal:
            attempt()
        assert refusal.value.status_code in (409, 412)
    blob.upload_blob(b"mine still", overwrite=True, lease=lease)
    lease.renew()
    old = lease.id
    lease.release()
    with pytest.raises(HttpResponseError) as refusal:
        blob.upload_blob(b"late", overwrite=True, lease=old)
    assert refusal.value.error_code == "LeaseNotPresentWithBlobOperation"
    blob.upload_blob(b"theirs", overwrite=True)
    assert blob.download_blob().readall() == b"theirs"


def test_the_digest_follows_the_file(bench, container, name):
    """A step may change in place what was uploaded."""
    blob = container.get_blob_client(name)
    blob.upload_blob(b"uploaded")
    assert blob.get_blob_properties().content_settings.content_md5
    bench.workspace.blobs.path(container.container_name, name).write_bytes(b"changed in place")
    changed = hashlib.md5(b"changed in place", usedforsecurity=False).digest()
    assert blob.get_blob_properties().content_settings.content_md5 == changed
    assert blob.download_blob(validate_content=True).readall() == b"changed in place"


def test_lists_are_flat_or_by_folder(container, name):
    for path in ("a", "sub/b", "sub/c & d", "sub/deep/e"):
        container.upload_blob(f"{name}/{path}", path)
    prefix = f"{name}/"
    flat = [blob.name.removeprefix(prefix) for blob in container.list_blobs(name_starts_with=prefix)]
    assert flat == ["a", "sub/b", "sub/c & d", "sub/deep/e"]
    walked = [item.name.removeprefix(prefix) for item in container.walk_blobs(name_starts_with=prefix)]
    assert sorted(walked) == ["a", "sub/"]
    pages = container.list_blobs(name_starts_with=prefix, results_per_page=3).by_page()
    assert [len(list(page)) for page in pages] == [3, 1]


def test_what_is_not_there_is_not_found(container, name):
    for attempt in (container.download_blob, container.delete_blob):
        with pytest.raises(ResourceNotFoundError) as refusal:
            attempt(name)
        assert refusal.value.error_code == "BlobNotFound"


@pytest.mark.parametrize(
    "path", ["/c/../../x", "/c/%2e%2e/%2e%2e/x", "/../x", "/.meta/x", "/c/a%5C..%5Cx", "/c/" + "x" * 300]
)
def test_a_name_cannot_leave_its_container(bench, path):
    before = {file for file in bench.state.parent.rglob("*") if "workspace.db" not in file.name}
    status, response = bench.request("PUT", path, b"evil", host=bench.workspace.names.storage_host)
    assert status == 400
    assert b"InvalidUri" in response
    assert {file for file in bench.state.parent.rglob("*") if "workspace.db" not in file.name} == before


def test_a_name_that_is_a_folder_here_is_refused_by_name(container, name):
    container.upload_blob(f"{name}/below", b"1")
    with pytest.raises(ResourceExistsError, match="folder"):
        container.upload_blob(name, b"2")
    with pytest.raises(ResourceExistsError, match="folder"):
        container.upload_blob(f"{name}/below/that", b"3")


def test_another_account_is_not_found(bench):
    status, _ = bench.request("GET", "/c/x", host="elsewhere.blob.core.windows.net")
    assert status == 404
