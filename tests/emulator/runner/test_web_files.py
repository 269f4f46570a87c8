"""Downloads from web servers: redirections, the largest size, downloads that were cut short."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from web_site import TITANIC

from emulator.runner import web_client
from emulator.runner.web_client import Unavailable
from emulator.runner.web_files import WebFiles


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


def test_what_a_killed_download_left_is_removed(site, tmp_path):
    url = site.url("/data/titanic.csv")
    for _ in range(2):
        fetched = WebFiles(tmp_path).fetch(url, lambda: False)
        assert not list(fetched.path.parents[1].glob("part-*"))
        (fetched.path.parents[1] / "part-of-a-killed-job").write_bytes(b"surv")
    assert fetched.path.read_bytes() == TITANIC
