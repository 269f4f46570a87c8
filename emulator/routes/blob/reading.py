"""Conditions on reading a blob, by its ETag or the time it was last changed."""

from email.utils import parsedate_to_datetime

from emulator.routes.blob.answers import error
from emulator.routes.routing import Call
from emulator.state.blobs import Blob
from emulator.wire.http import Response


def unmet_read_condition(call: Call, blob: Blob) -> Response | None:
    """Return the response to a read whose condition the blob does not meet, or None."""
    header, etag, changed = call.request.header, f'"{blob.etag}"', int(blob.modified)
    since, until = _time(header("If-Modified-Since")), _time(header("If-Unmodified-Since"))
    expected, cached = header("If-Match"), header("If-None-Match")
    if (expected and expected not in ("*", etag)) or (until is not None and changed > until):
        message = "The condition specified using HTTP conditional header(s) is not met."
        return error(call, 412, "ConditionNotMet", message)
    if (cached and cached == etag) or (since is not None and changed <= since):
        return Response(304, {"x-ms-error-code": "ConditionNotMet", "x-ms-version": header("x-ms-version")})
    return None


def _time(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
