"""The certificates of one server: an authority of its own, and a certificate for each host."""

import ssl
import threading

import trustme


class Authority:
    """A certificate authority whose key stays in memory."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Embedded Azure ML workspace", path_length=0)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @property
    def pem(self) -> bytes:
        """The certificate of the authority, which clients must trust."""
        return self._authority.cert_pem.bytes()

    def context(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of a server that acts as ``host``."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._new_context(host)
            return self._contexts[host]

    def _new_context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.issue_cert(host).configure_cert(context)
        return context
