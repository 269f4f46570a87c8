"""The conditions of requests on a blob: leases, ETags, and the time of its last change."""

from email.utils import parsedate_to_datetime

from emulator.routes.blob.responses import error
from emulator.routes.routing import Call
from emulator.state import leases
from emulator.state.blob_properties import Blob
from emulator.wire.http import Response


def unmet_read_condition(call: Call, blob: Blob) -> Response | None:
    """Return the response to a read whose conditional headers do not allow it, or None if they do."""
    header, etag, changed = call.request.header, f'"{blob.etag}"', int(blob.modified)
    since, until = _time(header("If-Modified-Since")), _time(header("If-Unmodified-Since"))
    expected, cached = header("If-Match"), header("If-None-Match")
    if (expected and expected not in ("*", etag)) or (until is not None and changed > until):
        message = "The condition specified using HTTP conditional header(s) is not met."
        return error(call, 412, "ConditionNotMet", message)
    if (cached and cached == etag) or (since is not None and changed <= since):
        return Response(304, {"x-ms-error-code": "ConditionNotMet", "x-ms-version": header("x-ms-version")})
    return None


def unmet_write_condition(call: Call) -> Response | None:
    """Return the error response if a lease or a conditional header forbids to write the blob, or None."""
    container, name = call["container"], call["blob"]
    holder, given = leases.holder(call.workspace, container, name), call.request.header("x-ms-lease-id")
    if holder and not given:
        return error(call, 412, "LeaseIdMissing", "There is currently a lease on the blob and none was given.")
    if holder and given != holder:
        return error(call, 412, "LeaseIdMismatchWithBlobOperation", "The lease ID given is not that of the blob.")
    if given and not holder:
        return error(call, 412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
    blob = call.workspace.blobs.get(container, name)
    if blob and call.request.header("If-None-Match") == "*":
        return error(call, 409, "BlobAlreadyExists", "The specified blob already exists.")
    expected = call.request.header("If-Match")
    if expected and (blob is None or expected not in ("*", f'"{blob.etag}"')):
        return error(
            call, 412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."
        )
    return None


def _time(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
