"""Two containers to play the same exchanges on: Microsoft's emulator of Azure Storage, and the embedded workspace's."""

import socket
import subprocess
import time
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from emulator.client import activate
from tests.npm_packages import Missing, npm_ci

# The account that Azurite documents, the same in every installation.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
CLIENT = {"max_single_put_size": 64 * 1024, "max_block_size": 64 * 1024, "retry_total": 0}
STARTING_SECONDS = 30


@pytest.fixture(scope="module")
def azurite():
    """Azurite's own container; without npm the tests are skipped, and say so."""
    try:
        home = npm_ci(Path(__file__).parent)
    except Missing as missing:
        pytest.skip(f"THE BLOB SERVICE IS NOT COMPARED: {missing}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["node_modules/.bin/azurite-blob", "--inMemoryPersistence", "--blobPort", str(port), "--silent"]
    process = subprocess.Popen([*command, "--skipApiVersionCheck", "--disableTelemetry"], cwd=home)
    try:
        deadline = time.monotonic() + STARTING_SECONDS
        while not _accepts_connections(port):
            assert process.poll() is None, "Azurite ended"
            assert time.monotonic() < deadline, "Azurite does not answer"
            time.sleep(0.1)
        key = {"account_name": ACCOUNT, "account_key": KEY}
        with BlobServiceClient(f"http://127.0.0.1:{port}/{ACCOUNT}", credential=key, **CLIENT) as service:
            yield service.create_container("oracle")
    finally:
        process.terminate()
        process.wait()


def _accepts_connections(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def embedded(tmp_path_factory):
    """The default container of an embedded workspace."""
    names = activate(tmp_path_factory.mktemp("workspace") / "state").names
    with BlobServiceClient(f"https://{names.storage_host}", credential="a2V5", **CLIENT) as service:
        yield service.get_container_client(names.default_container)
