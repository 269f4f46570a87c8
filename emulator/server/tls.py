"""Certificates for one run of the server: an authority that nobody else trusts, and a certificate for each host."""

import ssl
import threading

import trustme


class Authority:
    """Signs certificates; its key never leaves memory."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="Embedded Azure ML workspace", path_length=0)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @property
    def pem(self) -> bytes:
        """Certificate of the authority, for clients to trust."""
        return self._authority.cert_pem.bytes()

    def context(self, host: str) -> ssl.SSLContext:
        """Return what a server needs to be ``host`` to those who trust this authority."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._new_context(host)
            return self._contexts[host]

    def _new_context(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.issue_cert(host).configure_cert(context)
        return context
