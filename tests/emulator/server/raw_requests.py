"""Requests as bytes, sent on connections of their own, and their responses."""

import contextlib
import re
import socket
import ssl
from urllib.parse import urlsplit

MANAGEMENT = "management.azure.com"


API = "2024-04-01"


WAIT_SECONDS = 10.0


SILENCE_SECONDS = 1.0  # a request that never ends gets no response


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
    """Send bytes as they are on a connection of their own, and return the response, or what came until it closed."""
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


def token(server) -> str:
    from emulator.wire.tokens import issue_token

    return issue_token(server.names, f"https://{MANAGEMENT}", 600.0, server.gatekeeper._signing_key)[0]


def request(server, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Write a request that is signed in, so that it gets to what answers it."""
    fields = {
        "Host": MANAGEMENT,
        "Authorization": f"Bearer {token(server)}",
        "Content-Length": str(len(body)),
        **headers,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + body


def assert_whole(server, capfd) -> None:
    """An honest request is answered as ever, and nothing but messages has been written."""
    found = answer_to(server, MANAGEMENT, request(server, "GET", f"{server.names.arm}?api-version={API}"))
    assert found.startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in capfd.readouterr().err
