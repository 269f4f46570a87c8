"""What the workspace does not let out or in: secrets in files and environments, links, this machine's network."""

import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emulator.__main__ import _write_secret
from emulator.runner import web_client
from emulator.runner.web_client import Unavailable
from emulator.runner.web_files import WebFiles
from emulator.service import Service
from emulator.state.blobs import BadBlobName, BlobStore
from emulator.state.workspace import Workspace
from emulator.wire.http import Request

SECRETS = {
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t1",
    "GITHUB_TOKEN": "t2",
    "AZURE_CLIENT_SECRET": "t3",
    "SOME_PASSWORD": "t4",
}


def test_a_file_of_secrets_is_its_owners_alone_also_where_it_was_there(tmp_path):
    place = tmp_path / "variables.sh"
    place.write_text("longer than what is written now")
    place.chmod(0o644)
    _write_secret(place, "export A=b\n")
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("export A=b\n", 0o600)


def test_the_state_folder_is_its_owners_alone(tmp_path):
    before = os.umask(0o022)
    try:
        assert Workspace(tmp_path / "new" / "state").state.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_a_step_gets_no_secret_of_its_caller_and_what_its_component_names(bench, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    component = bench.component("env > ${{outputs.seen}}/env.txt", outputs={"seen": "uri_folder"})
    job = bench.run({"look": {"type": "command", "component": component, "environment_variables": {"WORD": "hello"}}})
    (seen,) = [file.read_text() for file in bench.workspace.blobs.root.rglob("env.txt")]
    variables = dict(line.split("=", 1) for line in seen.splitlines() if "=" in line)
    assert job
    assert variables["WORD"] == "hello"
    assert not set(SECRETS) & set(variables)
    assert {"PATH", "AZUREML_RUN_ID", "MLFLOW_TRACKING_URI"} <= set(variables)


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


class Redirecting(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/from":
            self.send_response(302)
            self.send_header("Location", f"http://inside.test:{self.server.server_address[1]}/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"secret")

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def hosts(monkeypatch):
    """Function: gives names addresses; all of them are this machine, which a name may hide."""
    monkeypatch.setenv("no_proxy", "*")
    known: dict[str, str] = {}
    real, connect = socket.getaddrinfo, socket.create_connection

    def resolve(name, port, *more, **options):
        return (
            [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[name], port))]
            if name in known
            else real(name, port, *more, **options)
        )

    monkeypatch.setattr(web_client.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", lambda where, *more, **options: connect(("127.0.0.1", where[1])))
    return known


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def fetch(tmp_path, url):
    return WebFiles(tmp_path / "web").fetch(url, lambda: False).path.read_bytes()


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
def test_the_world_does_not_redirect_into_this_network(tmp_path, hosts, port, inside):
    hosts.update({"world.test": "93.184.215.14", "inside.test": inside})
    with pytest.raises(Unavailable, match=r"it redirects to inside\.test"):
        fetch(tmp_path, f"http://world.test:{port}/from")


def test_redirections_within_the_world_or_within_this_network_are_followed(tmp_path, hosts, port):
    for both in ("93.184.215.14", "127.0.0.1"):
        hosts.update({"world.test": both, "inside.test": both})
        assert fetch(tmp_path / both, f"http://world.test:{port}/from") == b"secret"


def test_a_file_of_the_web_has_a_largest_size(tmp_path, hosts, port, monkeypatch):
    hosts["world.test"] = "93.184.215.14"
    monkeypatch.setenv(web_client.LIMIT_VARIABLE, "0")
    with pytest.raises(Unavailable, match="it has 6 bytes, more than the limit of 0"):
        fetch(tmp_path, f"http://world.test:{port}/secret")


def test_a_database_that_is_none_is_said_to_be_none(tmp_path):
    workspace = Workspace(tmp_path / "state")
    workspace.store.close()
    place = Path(workspace.state) / "workspace.db"
    place.write_bytes(b"garbage" * 1000)
    for other in place.parent.glob("workspace.db-*"):
        other.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.show_status"],
        env={"PATH": os.environ["PATH"], "AZUREML_LOCAL_STATE": str(tmp_path / "state")},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "InsufficientStorage" not in done.stderr
    assert "workspace.db" in done.stderr


def test_a_request_of_another_shape_is_refused_and_not_a_failure(tmp_path):
    service = Service(Workspace(tmp_path / "state"))
    url = f"https://management.azure.com{service.workspace.names.arm}/jobs/x?api-version=2024-04-01"
    for body in (b"[]", b"7", b'{"properties": 7}', b"[" * 100_000, b"\xff"):
        assert service.handle(Request("PUT", url, {}, body)).status == 400
