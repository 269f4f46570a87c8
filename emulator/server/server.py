"""The server on loopback: an HTTPS proxy that acts as the hosts of Azure ML for clients that trust its certificate."""

import shutil
import socket
import socketserver
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from emulator.server.connection import Connection
from emulator.server.gatekeeper import Gatekeeper
from emulator.server.settings import Settings
from emulator.server.tls import Authority
from emulator.service import Service

MAX_BODY_BYTES = 128 * 1024**2


class Server(socketserver.ThreadingTCPServer):
    """Serves ``service`` on a loopback port; use it in a ``with`` statement.

    It serves the hosts of Azure ML and of the sign-in. It refuses connections to other hosts, or forwards them if
    ``allow_network`` is true. ``port`` 0 takes a free port; ``max_body`` is in bytes.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, service: Service, port: int = 0, allow_network: bool = False, max_body: int = MAX_BODY_BYTES
    ) -> None:
        super().__init__(("127.0.0.1", port), self._connection)
        self._folder = Path(tempfile.mkdtemp(prefix="azureml-emulator-"))
        authority, self._service = Authority(), service
        self.names, self.gatekeeper = service.workspace.names, Gatekeeper(service.workspace.names)
        self._settings = Settings(service, self.gatekeeper, authority, allow_network, max_body)
        self._bundle = self._folder / "ca.pem"
        self._bundle.write_bytes(authority.pem + (_public_authorities() if allow_network else b""))

    def service_actions(self) -> None:
        """Start the jobs of schedules that are due; called twice a second."""
        self._service.start_due_jobs()

    @property
    def port(self) -> int:
        """The port on loopback."""
        return int(self.server_address[1])

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a program reaches this workspace."""
        names, keeper = self.names, self.gatekeeper
        proxy, bundle = keeper.proxy_url(self.port), str(self._bundle)
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "localhost,127.0.0.1",
            "no_proxy": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "AZURE_TENANT_ID": names.tenant,
            "AZURE_CLIENT_ID": keeper.client_id,
            "AZURE_CLIENT_SECRET": keeper.client_secret,
            "AZURE_SUBSCRIPTION_ID": names.subscription,
            "AZURE_RESOURCE_GROUP": names.group,
            "AZURE_ML_WORKSPACE": names.workspace,
            "AZUREML_CURRENT_CLOUD": "AzureCloud",
            "MLFLOW_TRACKING_URI": names.tracking_uri,
        }

    def __enter__(self) -> "Server":
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log an error as the base class does, except that of a client which closed its connection."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def _connection(
        self, client: socket.socket, address: tuple[str, int], server: socketserver.BaseServer
    ) -> Connection:
        return Connection(client, address, server, self._settings)


def _public_authorities() -> bytes:
    import certifi

    return b"\n" + Path(certifi.where()).read_bytes()
