"""Requests and responses, independent of any HTTP library."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from emulator.wire.file_part import Part

# The JSON object of a body. Azure ML has hundreds of shapes of them, so the values have no type here: the code that
# reads a field checks it.
JsonObject = dict[str, Any]
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are matched without regard to case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def host(self) -> str:
        """Host name, without the port."""
        return (urlsplit(self.url).hostname or "").lower()

    @cached_property
    def raw_path(self) -> str:
        """Path as sent, percent-encoded."""
        return urlsplit(self.url).path

    @cached_property
    def path(self) -> str:
        """Path, percent-decoded."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> dict[str, str]:
        """Query parameters, decoded; the last one of a name wins."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @cached_property
    def api_version(self) -> str:
        """The api-version of the request; empty if it names none."""
        return self.query.get("api-version", "")

    @cached_property
    def _lower_headers(self) -> dict[str, str]:
        return {
            str(name).lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in self.headers.items()
            if value is not None
        }

    def header(self, name: str, default: str = "") -> str:
        """Return the value of the header ``name``, or ``default``."""
        return self._lower_headers.get(name.lower(), default)

    def headers_starting(self, prefix: str) -> dict[str, str]:
        """Return the headers whose lower-case name starts with ``prefix``, by the rest of the name."""
        size = len(prefix)
        return {name[size:]: value for name, value in self._lower_headers.items() if name.startswith(prefix)}

    def json(self) -> Any:
        """Return the body read as JSON; an empty body is an empty object.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body) if self.body else {}


@dataclass
class Response:
    """One HTTP response; its body is in memory, or a part of a file."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    part: Part | None = None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.part.size if self.part else len(self.body)

    def open(self) -> BinaryIO:
        """Open the body for reading."""
        return self.part.open() if self.part else io.BytesIO(self.body)

    def pieces(self) -> Iterator[bytes]:
        """Return the body piece by piece."""
        return self.part.pieces() if self.part else iter([self.body])


def json_response(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with ``body`` written as JSON."""
    return Response(status, {"Content-Type": JSON, **(headers or {})}, json.dumps(body).encode())


def http_date(timestamp: float) -> str:
    """Return ``timestamp`` (seconds since the epoch) in the date format of HTTP headers."""
    return formatdate(timestamp, usegmt=True)
