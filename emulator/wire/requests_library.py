"""Bodies of requests and responses, in the forms of the library ``requests``; for every Python that a step may have."""

from __future__ import annotations

import io
from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO

_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 409: "Conflict"}


def read_body(body: Any) -> bytes:
    """Return the body of a prepared request.

    Raises:
        TypeError: it has a type that the library does not send.
    """
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    if isinstance(body, Iterable):
        return b"".join(body)
    raise TypeError(f"cannot read a request body of type {type(body).__name__}")


def raw_response(status: int, headers: Mapping[str, str], body: BinaryIO, size: int, method: str) -> Any:
    """Return the response to a request with ``method``, in the form of which the library makes its own.

    ``body`` is open for reading and has ``size`` bytes.
    """
    import urllib3

    fields = dict(headers)
    if method != "HEAD":
        fields["Content-Length"] = str(size)
    return urllib3.HTTPResponse(
        body=io.BytesIO() if method == "HEAD" else body,
        headers=fields,
        status=status,
        reason=_REASONS.get(status, ""),
        preload_content=False,
        request_method=method,
    )
