"""One client of the served workspace: CONNECT first, then the requests inside of it."""

import http.client
import re
import select
import socket
import socketserver
import ssl
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from emulator.faults.rules import ConnectionDropped
from emulator.server.gatekeeper import LOGIN_HOSTS
from emulator.server.settings import Settings
from emulator.wire.errors import ServiceError
from emulator.wire.http import Request, Response
from emulator.wire.names import host_kind

_IDLE_SECONDS = 120.0
_LINE_BYTES = 65536
_LINGER_SECONDS = 2.0
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_LENGTH = re.compile(rb"[0-9A-Fa-f]{1,12}")
_CHUNKS_END = 64  # lines after the last chunk


class BodyRefused(Exception):
    """The body of a request is too large, or its length cannot be read."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = ServiceError(status, code, message).response()


class BodyCut(Exception):
    """The client went away before it had sent all of its request."""


class Connection(BaseHTTPRequestHandler):
    """One connection of a client; see the module."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    host = ""

    def __init__(
        self, client: socket.socket, address: tuple[str, int], server: socketserver.BaseServer, settings: Settings
    ) -> None:
        self.settings = settings
        super().__init__(client, address, server)

    def do_CONNECT(self) -> None:
        """Become the host that is asked for, pass on to it, or refuse."""
        host, _, port = self.path.lower().rpartition(":")
        if not self.settings.gatekeeper.may_connect(self.headers.get("Proxy-Authorization", "")):
            self._refuse_connect(407, "Proxy Authentication Required", {"Proxy-Authenticate": 'Basic realm="emulator"'})
        elif self.host or not _HOST.fullmatch(host) or not _LENGTH.fullmatch(port):
            self._refuse_connect(400, "Bad Request", {})
        elif host_kind(host) or host in LOGIN_HOSTS:
            self._become(host)
        elif self.settings.allow_network:
            self._pass_on(host, int(port))
        else:
            self._refuse_connect(403, f"{host} is not a host of Azure ML", {})

    def _refuse_connect(self, status: int, reason: str, headers: dict[str, str]) -> None:
        self.close_connection = True
        self.send_response(status, reason)
        for name, value in {**headers, "Content-Length": "0", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _become(self, host: str) -> None:
        self.send_response(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = self.settings.authority.context(host).wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb")
        self.host, self.close_connection = host, False

    def _pass_on(self, host: str, port: int) -> None:
        self.close_connection = True
        try:
            other = socket.create_connection((host, port), timeout=_IDLE_SECONDS)
        except (OSError, OverflowError) as error:
            self._refuse_connect(502, f"{host} cannot be reached: {type(error).__name__}", {})
            return
        with other:
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            pair = {self.connection: other, other: self.connection}
            while ready := select.select(list(pair), [], [], _IDLE_SECONDS)[0]:
                for source in ready:
                    data = source.recv(_LINE_BYTES)
                    if not data:
                        return
                    pair[source].sendall(data)

    def _answer_request(self) -> None:
        if not self.host:
            self._send(ServiceError(400, "BadRequest", "Use this address as an HTTPS proxy.").response(), close=True)
            return
        try:
            body = self._read_body()
        except BodyRefused as refused:
            self._send(refused.answer, close=True)
            self._linger()
            return
        except BodyCut:
            self.close_connection = True
            return
        request = Request(self.command, f"https://{self.host}{self.path}", dict(self.headers.items()), body)
        try:
            self._send(self._answer(request))
        except ConnectionDropped:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _answer_request

    def _answer(self, request: Request) -> Response:
        try:
            path = request.path
        except ValueError:
            path = ".."
        if not self.path.startswith("/") or ".." in path.split("/"):
            return ServiceError(400, "InvalidUri", f"{self.path[:200]!r} is not a path of any resource.").response()
        if request.host in LOGIN_HOSTS:
            return self.settings.gatekeeper.sign_in(request)
        return self.settings.gatekeeper.refusal(request) or self.settings.service.handle(request)

    def _read_body(self) -> bytes:
        # Clients of a proxy send the body only when the head has been acknowledged, which else takes 40 ms.
        if quick := getattr(socket, "TCP_QUICKACK", None):
            self.connection.setsockopt(socket.IPPROTO_TCP, quick, 1)
        codings, lengths = self.headers.get_all("Transfer-Encoding", []), self.headers.get_all("Content-Length", [])
        if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
            raise BodyRefused(400, "InvalidHeaderValue", "A body has one length, or is chunked and nothing else.")
        if codings:
            return self._read_chunks()
        length = lengths[0] if lengths else "0"
        if len(set(lengths)) > 1 or not _LENGTH.fullmatch(length):
            raise BodyRefused(400, "InvalidHeaderValue", f"Content-Length {length[:40]!r} is not one number.")
        self._check_size(int(length))
        return self._read(int(length))

    def _read(self, length: int) -> bytes:
        content = self.rfile.read(length)
        if len(content) < length:
            raise BodyCut
        return content

    def _check_size(self, size: int) -> None:
        if size > self.settings.max_body:
            message = f"The request body is larger than the limit of {self.settings.max_body} bytes."
            raise BodyRefused(413, "RequestBodyTooLarge", message)

    def _read_chunks(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            line = self.rfile.readline(_LINE_BYTES)
            if not line:
                raise BodyCut
            told = line.split(b";")[0].strip()
            if not _CHUNK_LENGTH.fullmatch(told):
                raise BodyRefused(400, "InvalidInput", f"{told[:40]!r} is not the size of a chunk.")
            length = int(told, 16)
            if length == 0:
                self._skip_trailers()
                return b"".join(parts)
            size += length
            self._check_size(size)
            parts.append(self._read(length))
            if self.rfile.readline(_LINE_BYTES).strip():
                raise BodyRefused(400, "InvalidInput", "A chunk is longer than its size says.")

    def _skip_trailers(self) -> None:
        for _ in range(_CHUNKS_END):
            if not self.rfile.readline(_LINE_BYTES).strip():
                return
        raise BodyRefused(400, "InvalidInput", f"More than {_CHUNKS_END} lines follow the last chunk.")

    def _send(self, response: Response, close: bool = False) -> None:
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        headers = dict(response.headers)
        if has_body:
            headers["Content-Length"] = str(len(response.body))
        if close:
            self.close_connection = True
            headers["Connection"] = "close"
        self.send_response(response.status, http.client.responses.get(response.status, ""))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            self.wfile.write(response.body)
        self.wfile.flush()

    def _linger(self) -> None:
        """Let a client that is still sending finish and read its answer; to close at once would destroy the answer."""
        self.connection.settimeout(_LINGER_SECONDS)
        ending = time.monotonic() + _LINGER_SECONDS * 5
        with suppress(OSError):
            while self.rfile.read1(_LINE_BYTES) and time.monotonic() < ending:
                pass

    def finish(self) -> None:
        """Close what this connection opened."""
        self.settings.service.workspace.store.close()
        super().finish()
        if self.host:
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the workspace logs what is worth it."""
