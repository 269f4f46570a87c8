"""``serve`` among hostile programs: each gets an answer or a closed connection, and the server stays whole."""

import contextlib
import json
import os
import random
import re
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace

pytestmark = pytest.mark.slow
MANAGEMENT = "management.azure.com"
API = "2024-04-01"
LIMIT = 100_000
WAIT_SECONDS = 10.0
SILENCE_SECONDS = 1.0  # a request that never ends gets no answer
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(Service(Workspace(tmp_path_factory.mktemp("hostile") / "state")), max_body=LIMIT) as running:
        yield running


def connected(server, host: str) -> ssl.SSLSocket:
    """Return a connection that has become ``host``."""
    proxy = urlsplit(server.environment()["HTTPS_PROXY"])
    import base64

    key = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS)
    plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nProxy-Authorization: Basic {key}\r\n\r\n".encode())
    assert b" 200 " in plain.recv(4096)
    context = ssl.create_default_context(cafile=server.environment()["SSL_CERT_FILE"])
    return context.wrap_socket(plain, server_hostname=host)


def answer_to(server, host: str, raw: bytes) -> bytes:
    """Send bytes as they are on a connection of their own, and return the answer, or what came until it closed."""
    with connected(server, host) as sent:
        sent.settimeout(SILENCE_SECONDS)
        with contextlib.suppress(OSError):
            sent.sendall(raw)
        return received(sent, raw.startswith(b"HEAD"))


def received(sent: socket.socket, head_only: bool = False) -> bytes:
    found = b""
    with contextlib.suppress(OSError):
        while not whole(found, head_only) and (data := sent.recv(65536)):
            found += data
    return found


def whole(found: bytes, head_only: bool) -> bool:
    head, ended, body = found.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(ended) and found[:5] == b"HTTP/" and (head_only or length is None or len(body) >= int(length[1]))


@pytest.fixture
def ask(server):
    """Function: sends a signed request on a connection that is kept, and returns the answer."""
    kept: list[ssl.SSLSocket] = []

    def send(raw: bytes) -> bytes:
        for _ in range(2):  # the second time on a new connection, where the server has closed the one that was kept
            if not kept:
                kept.append(connected(server, MANAGEMENT))
            with contextlib.suppress(OSError):
                kept[0].sendall(raw)
            found = received(kept[0], raw.startswith(b"HEAD"))
            if not found or b"\nConnection: close" in found:
                kept.pop().close()
            if found:
                return found
        return b""

    yield send
    for one in kept:
        one.close()


def token(server) -> str:
    from emulator.wire.tokens import issue_token

    return issue_token(server.names, f"https://{MANAGEMENT}", 600.0, server.gatekeeper._signing_key)[0]


def request(server, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Write a request that is signed in, so that it gets to what answers it."""
    said = {"Host": MANAGEMENT, "Authorization": f"Bearer {token(server)}", "Content-Length": str(len(body)), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in said.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + body


def heads() -> list[bytes]:
    """Return requests that are none, or whose head says what cannot be."""
    lines = [
        b"",
        b"\r\n",
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1.1\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET http://other.host/ HTTP/1.1\r\n\r\n",
        b"GET //[ HTTP/1.1\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"CONNECT management.azure.com:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ]
    lengths = [
        "-1",
        "+5",
        "0x10",
        "1e3",
        "1_0",
        "٣",
        "",
        " ",
        "5, 5",
        "9" * 20,
        "9" * 5000,
        str(LIMIT + 1),
        "NaN",
        "5 5",
    ]
    lines += [f"PUT /x HTTP/1.1\r\nContent-Length: {length}\r\n\r\nabcde".encode() for length in lengths]
    lines += [b"PUT /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nabcde"]
    codings = [
        "chunked",
        "Chunked",
        "xchunked",
        "chunked, gzip",
        "gzip",
        "gzip, chunked",
        "identity",
        "chunked\r\nTransfer-Encoding: chunked",
    ]
    chunks = [
        b"-1",
        b"+5",
        b"0x5",
        b"5_0",
        b"",
        b" ",
        b"g",
        b"f" * 13,
        b"7fffffffffffffff",
        b"5;x=" + b"y" * 1000,
        b"-0",
    ]
    head = "PUT /x HTTP/1.1\r\nTransfer-Encoding: "
    lines += [f"{head}{coding}\r\n\r\n5\r\nabcde\r\n0\r\n\r\n".encode() for coding in codings]
    lines += [f"{head}chunked\r\n\r\n".encode() + size + b"\r\nabcde\r\n0\r\n\r\n" for size in chunks]
    lines += [
        f"{head}chunked\r\nContent-Length: 5\r\n\r\n5\r\nabcde\r\n0\r\n\r\n".encode(),
        f"{head}chunked\r\n\r\n5\r\nabc".encode(),
        f"{head}chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n".encode(),
        f"{head}chunked\r\n\r\n0\r\n".encode() + b"X: y\r\n" * 1000,
        f"{head}chunked\r\n\r\n".encode() + b"1\r\nx\r\n" * (LIMIT + 2),
        f"{head}chunked\r\n\r\n".encode() + b"%x\r\n" % (LIMIT + 1) + b"x" * 100,
    ]
    return lines


@pytest.mark.parametrize("raw", heads(), ids=lambda raw: repr(raw[:40]))
def test_a_request_that_is_none_ends_the_connection_or_is_refused(server, raw, capfd):
    found = answer_to(server, MANAGEMENT, raw)
    assert found == b"" or found[:5] == b"HTTP/" or b"Error code" in found
    if found[:5] == b"HTTP/":
        assert int(found.split()[1]) >= 400 or raw.startswith((b"GET / HTTP/1.1\r\nContent", b"get"))
    assert_whole(server, capfd)


def bodies() -> list[bytes]:
    """Return bodies that are no JSON, or another JSON than what any operation takes."""
    values = [None, True, 0, -1, 1e308, "", "x", [], [[]], [None], {}, {"properties": None}, {"properties": []}]
    values += [
        {"properties": {key: value}} for key in ("tags", "inputs", "jobs", "jobType") for value in (None, 1, [], "x")
    ]
    values += [
        {"properties": {"jobType": "Pipeline", "jobs": {"a": value}, "settings": value, "inputs": {"i": value}}}
        for value in (None, 1, [], "x", {})
    ]
    values += [{"properties": {"jobType": "Command", "command": value, "codeId": value}} for value in (None, 1, [], {})]
    values += [{"properties": {"componentSpec": value, "datastoreType": value}} for value in (None, 1, [], "x", {})]
    values += [
        {"properties": {"model": value, "defaults": value, "deploymentConfiguration": value}} for value in (1, [], "x")
    ]
    raw = [
        b"{",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"a":' * 15_000,
        b'{"a": NaN}',
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b"1" * 5000,
    ]
    return raw + [json.dumps(value).encode() for value in values]


RESOURCES = (
    "jobs/x",
    "data/x/versions/1",
    "components/x/versions/1",
    "environments/x/versions/1",
    "codes/x/versions/1",
    "models/x/versions/1",
    "computes/x",
    "datastores/x",
    "batchEndpoints/x",
    "batchEndpoints/x/deployments/y",
)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_body_of_any_shape_is_taken_or_refused(server, ask, resource, capfd):
    for body in bodies():
        path = f"{server.names.arm}/{resource}?api-version={API}"
        found = ask(request(server, "PUT", path, body))
        assert found[:5] == b"HTTP/", body[:80]
        assert int(found.split()[1]) not in (500, 501, 502, 503), (body[:80], found[-300:])
    assert_whole(server, capfd)


def test_addresses_of_any_shape_are_answered(server, ask, capfd):
    """Segments that lead elsewhere, at every depth, by every method."""
    odd = [
        "..",
        "%2e%2e",
        "%2F..%2F",
        ".",
        "%00",
        "%ff",
        "a" * 300,
        "%5c",
        "~",
        "'",
        "%0d%0aX:y",
        "x%20y",
        "é",
        "{}",
        "$",
        "*",
    ]
    asked = 0
    for segment in odd:
        for method in METHODS:
            for path in (
                f"{server.names.arm}/jobs/{segment}",
                f"/{segment}",
                f"{server.names.arm}/{segment}/x?$skip={segment}",
            ):
                found = ask(request(server, method, path, b"{}" if method in ("PUT", "POST") else b""))
                assert found[:5] == b"HTTP/", (method, path)
                assert b"\r\nX:y" not in found
                asked += 1
    assert asked == len(odd) * len(METHODS) * 3 > 200
    assert_whole(server, capfd)


def test_bytes_at_random_are_answered_or_refused(server, capfd):
    chance = random.Random(0)
    good = request(
        server, "PUT", f"{server.names.arm}/jobs/x?api-version={API}", b'{"properties": {"jobType": "Command"}}'
    )
    for _ in range(60):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        answer_to(server, MANAGEMENT, bytes(raw))
    assert_whole(server, capfd)


def test_connections_that_never_say_anything_cost_nothing(server, capfd):
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    begun = time.monotonic()
    assert_whole(server, capfd)
    assert time.monotonic() - begun < WAIT_SECONDS
    for one in silent:
        one.close()


def test_the_server_does_not_grow(server, capfd):
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    big = request(server, "PUT", f"{server.names.arm}/jobs/x?api-version={API}", b"x" * LIMIT)
    refused = b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 200_000
    for _ in range(20):
        answer_to(server, MANAGEMENT, big)
    before = resident()
    for _ in range(50):
        answer_to(server, MANAGEMENT, big)
        answer_to(server, MANAGEMENT, refused)
    assert resident() - before < 30 * 1024**2
    assert_whole(server, capfd)


def assert_whole(server, capfd) -> None:
    """An honest request is answered as ever, and nothing but messages has been written."""
    found = answer_to(server, MANAGEMENT, request(server, "GET", f"{server.names.arm}?api-version={API}"))
    assert found.startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in capfd.readouterr().err
