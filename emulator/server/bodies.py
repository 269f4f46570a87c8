"""Read the body of a request from a connection: by its length, or in chunks, up to a limit."""

import re
from email.message import Message
from io import BufferedIOBase

from emulator.wire.errors import ServiceError

_LINE_BYTES = 65536
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,12}")
_TRAILER_LINES = 64


class BodyRefused(Exception):
    """The body of a request is too large, or its length is not valid; ``response`` is the error response."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = ServiceError(status, code, message).response()


class BodyIncomplete(Exception):
    """The client closed the connection before the end of the body."""


def read_body(stream: BufferedIOBase, headers: Message, limit: int) -> bytes:
    """Return the body of the request with ``headers``; ``limit`` is its largest size in bytes.

    Raises:
        BodyRefused: the body is over the limit, or its length or its chunks are not valid.
        BodyIncomplete: the client closed the connection before the end.
    """
    codings, lengths = headers.get_all("Transfer-Encoding", []), headers.get_all("Content-Length", [])
    if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
        raise BodyRefused(400, "InvalidHeaderValue", "A body has one length, or is chunked and nothing else.")
    if codings:
        return _read_chunks(stream, limit)
    length = lengths[0] if lengths else "0"
    if len(set(lengths)) > 1 or not _LENGTH.fullmatch(length):
        raise BodyRefused(400, "InvalidHeaderValue", f"Content-Length {length[:40]!r} is not one number.")
    _check_size(int(length), limit)
    return _read(stream, int(length))


def _read(stream: BufferedIOBase, length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise BodyIncomplete
    return content


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        message = f"The request body is larger than the limit of {limit} bytes."
        raise BodyRefused(413, "RequestBodyTooLarge", message)


def _read_chunks(stream: BufferedIOBase, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        line = stream.readline(_LINE_BYTES)
        if not line:
            raise BodyIncomplete
        digits = line.split(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(digits):
            raise BodyRefused(400, "InvalidInput", f"{digits[:40]!r} is not the size of a chunk.")
        length = int(digits, 16)
        if length == 0:
            _skip_trailers(stream)
            return b"".join(parts)
        size += length
        _check_size(size, limit)
        parts.append(_read(stream, length))
        if stream.readline(_LINE_BYTES).strip():
            raise BodyRefused(400, "InvalidInput", "A chunk is longer than its size says.")


def _skip_trailers(stream: BufferedIOBase) -> None:
    for _ in range(_TRAILER_LINES):
        if not stream.readline(_LINE_BYTES).strip():
            return
    raise BodyRefused(400, "InvalidInput", f"More than {_TRAILER_LINES} lines follow the last chunk.")
