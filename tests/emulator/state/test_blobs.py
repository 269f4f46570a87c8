"""Blobs as files: symbolic links that lead out of the store, and uploads that were cut short."""

import signal

import pytest
from azure.ai.ml.entities import Data
from helpers import start_python, wait_for_exit

from emulator.state.blobs import BadBlobName, BlobStore


@pytest.fixture
def linked(tmp_path):
    """A store in which somebody has left links that lead out of it."""
    store = BlobStore(tmp_path / "blobs")
    store.put("c", "there/file.txt", b"in", {})
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("out")
    (tmp_path / "blobs" / "c" / "folder").symlink_to(tmp_path / "secret")
    (tmp_path / "blobs" / "c" / "key.txt").symlink_to(tmp_path / "secret" / "key.txt")
    return store


@pytest.mark.parametrize("name", ["key.txt", "folder/key.txt", "folder/new.txt"])
def test_links_that_lead_out_are_followed_for_nothing(linked, name):
    for use in (linked.get, linked.delete, lambda *where: linked.put(*where, b"x", {})):
        with pytest.raises(BadBlobName):
            use("c", name)
    assert [blob.name for blob in linked.find("c", "")] == ["there/file.txt"]
    secret = linked.root.parent / "secret"
    assert {file.name: file.read_text() for file in secret.iterdir()} == {"key.txt": "out"}


def test_a_link_of_the_whole_state_folder_is_no_link_that_leads_out(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = BlobStore(tmp_path / "link" / "blobs")
    assert store.put("c", "a.txt", b"x", {}).size == 1


UPLOAD = """
    import os, signal, sys
    from pathlib import Path
    from azure.ai.ml.entities import Data
    from emulator.client import activate
    from emulator.state.blobs import BlobStore
    from helpers import make_client

    written = [0]
    write = BlobStore._write_atomically

    def write_and_die(self, path, content):
        written[0] += 1
        if written[0] == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        return write(self, path, content)

    BlobStore._write_atomically = write_and_die
    client = make_client(activate(Path(sys.argv[1])))
    client.data.create_or_update(Data(name="crash", version="1", type="uri_folder", path=sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_an_upload_that_was_cut_short_is_completed_by_the_next(bench, client, dies_at):
    """The content is of this test alone, because uploads are found again by their content."""
    folder = bench.folder / f"cut-short-{dies_at}"
    folder.mkdir()
    files = {"rows.csv": f"{dies_at}\n" * 100}
    for name, text in files.items():
        (folder / name).write_text(text)
    status, output = wait_for_exit(start_python(UPLOAD, bench.state, folder, dies_at))
    assert status == -signal.SIGKILL, output
    name = f"crash-{dies_at}"
    asset = client.data.create_or_update(Data(name=name, version="1", type="uri_folder", path=str(folder)))
    place = bench.workspace.blobs.path(
        bench.workspace.names.default_container, asset.path.partition("/paths/")[2].strip("/")
    )
    assert {file.name: file.read_text() for file in place.iterdir()} == files
