"""One connection of a client: a CONNECT request, then requests to the host that it names."""

import http.client
import re
import socket
import socketserver
import ssl
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from emulator.faults.rules import ConnectionDropped
from emulator.server.bodies import BodyIncomplete, BodyRefused, read_body
from emulator.server.gatekeeper import LOGIN_HOSTS
from emulator.server.settings import Settings
from emulator.wire.errors import ServiceError
from emulator.wire.http import Request, Response
from emulator.wire.names import host_kind
from emulator.wire.readiness import readable

_IDLE_SECONDS = 120.0
_CHUNK_BYTES = 65536
_LINGER_SECONDS = 2.0
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_PORT = re.compile(r"[0-9]{1,15}")


class Connection(BaseHTTPRequestHandler):
    """One connection of a client; ``host`` is the host that it has connected to, empty before CONNECT."""

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
        """Serve the requested host, forward the connection to it, or refuse it."""
        host, _, port = self.path.lower().rpartition(":")
        if not self.settings.gatekeeper.may_connect(self.headers.get("Proxy-Authorization", "")):
            self._refuse_connect(407, "Proxy Authentication Required", {"Proxy-Authenticate": 'Basic realm="emulator"'})
        elif self.host or not _HOST.fullmatch(host) or not _PORT.fullmatch(port):
            self._refuse_connect(400, "Bad Request", {})
        elif host_kind(host) or host in LOGIN_HOSTS:
            self._serve_host(host)
        elif self.settings.allow_network:
            self._forward(host, int(port))
        else:
            self._refuse_connect(403, f"{host} is not a host of Azure ML", {})

    def _refuse_connect(self, status: int, reason: str, headers: dict[str, str]) -> None:
        self.close_connection = True
        self.send_response(status, reason)
        for name, value in {**headers, "Content-Length": "0", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _serve_host(self, host: str) -> None:
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

    def _forward(self, host: str, port: int) -> None:
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
            pair = {self.connection.fileno(): (self.connection, other), other.fileno(): (other, self.connection)}
            while ready := readable(pair, _IDLE_SECONDS):
                for source, target in map(pair.__getitem__, ready):
                    data = source.recv(_CHUNK_BYTES)
                    if not data:
                        return
                    target.sendall(data)

    def _handle_request(self) -> None:
        if not self.host:
            self._send(ServiceError(400, "BadRequest", "Use this address as an HTTPS proxy.").response(), close=True)
            return
        try:
            body = self._read_body()
        except BodyRefused as refused:
            self._send(refused.response, close=True)
            self._linger()
            return
        except BodyIncomplete:
            self.close_connection = True
            return
        request = Request(self.command, f"https://{self.host}{self.path}", dict(self.headers.items()), body)
        try:
            self._send(self._response_to(request))
        except ConnectionDropped:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _handle_request

    def _response_to(self, request: Request) -> Response:
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
        # Clients of a proxy send the body after the acknowledgement of the headers, which otherwise takes 40 ms.
        if quick := getattr(socket, "TCP_QUICKACK", None):
            self.connection.setsockopt(socket.IPPROTO_TCP, quick, 1)
        return read_body(self.rfile, self.headers, self.settings.max_body)

    def _send(self, response: Response, close: bool = False) -> None:
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        headers = dict(response.headers)
        if has_body:
            headers["Content-Length"] = str(response.size)
        if close:
            self.close_connection = True
            headers["Connection"] = "close"
        self.send_response(response.status, http.client.responses.get(response.status, ""))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if has_body:
            for piece in response.pieces():
                self.wfile.write(piece)
        self.wfile.flush()

    def _linger(self) -> None:
        """Read what the client still sends, for some seconds: closing at once would make it lose the response."""
        self.connection.settimeout(_LINGER_SECONDS)
        ending = time.monotonic() + _LINGER_SECONDS * 5
        with suppress(OSError):
            while self.rfile.read1(_CHUNK_BYTES) and time.monotonic() < ending:
                pass

    def finish(self) -> None:
        """Close what this connection has opened."""
        self.settings.service.workspace.store.close()
        super().finish()
        if self.host:
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing; the service logs what matters."""
