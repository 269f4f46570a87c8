"""``serve`` among hostile programs: each gets an response or a closed connection, and the server stays whole."""

import contextlib
import os
import random
import socket
import ssl
import time
from pathlib import Path

import pytest
from hostile_corpus import LIMIT, RESOURCES, bodies, heads
from raw_requests import (
    API,
    MANAGEMENT,
    WAIT_SECONDS,
    answer_to,
    assert_whole,
    connected,
    received,
    request,
)

from emulator.server.server import Server
from emulator.service import Service
from emulator.state.workspace import Workspace

pytestmark = pytest.mark.slow


METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE", "HEAD")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(Service(Workspace(tmp_path_factory.mktemp("hostile") / "state")), max_body=LIMIT) as running:
        yield running


@pytest.fixture
def exchange(server):
    """Function: sends a signed request on a connection that is kept, and returns the response."""
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


@pytest.mark.parametrize("raw", heads(), ids=lambda raw: repr(raw[:40]))
def test_a_request_that_is_none_ends_the_connection_or_is_refused(server, raw, capfd):
    found = answer_to(server, MANAGEMENT, raw)
    assert found == b"" or found[:5] == b"HTTP/" or b"Error code" in found
    if found[:5] == b"HTTP/":
        assert int(found.split()[1]) >= 400 or raw.startswith((b"GET / HTTP/1.1\r\nContent", b"get"))
    assert_whole(server, capfd)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_body_of_any_shape_is_taken_or_refused(server, exchange, resource, capfd):
    for body in bodies():
        path = f"{server.names.arm}/{resource}?api-version={API}"
        found = exchange(request(server, "PUT", path, body))
        assert found[:5] == b"HTTP/", body[:80]
        assert int(found.split()[1]) not in (500, 501, 502, 503), (body[:80], found[-300:])
    assert_whole(server, capfd)


def test_addresses_of_any_shape_are_answered(server, exchange, capfd):
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
    sent = 0
    for segment in odd:
        for method in METHODS:
            for path in (
                f"{server.names.arm}/jobs/{segment}",
                f"/{segment}",
                f"{server.names.arm}/{segment}/x?$skip={segment}",
            ):
                found = exchange(request(server, method, path, b"{}" if method in ("PUT", "POST") else b""))
                assert found[:5] == b"HTTP/", (method, path)
                assert b"\r\nX:y" not in found
                sent += 1
    assert sent == len(odd) * len(METHODS) * 3 > 200
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
