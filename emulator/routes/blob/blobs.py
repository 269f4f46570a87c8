"""Operations on one blob: upload whole or in blocks, download by range, metadata, leases."""

import base64
import hashlib
import re
from xml.etree import ElementTree

from emulator.routes.blob.conditions import unmet_read_condition, unmet_write_condition
from emulator.routes.blob.responses import (
    blob_route,
    container_headers,
    error,
    missing,
    property_headers,
    version_headers,
)
from emulator.routes.routing import Call
from emulator.state import leases
from emulator.wire.file_part import Part
from emulator.wire.http import Response

_MOST_IN_MEMORY = 4 << 20


@blob_route("HEAD", "/{container}/{blob*}")
def head_blob(call: Call) -> Response:
    """Get Blob Properties."""
    blob = call.workspace.blobs.get(call["container"], call["blob"])
    if blob is None:
        return missing(call)
    if unmet := unmet_read_condition(call, blob):
        return unmet
    return Response(200, {**property_headers(call, blob), "Content-Length": str(blob.size)})


@blob_route("GET", "/{container}/{blob*}")
def get_blob(call: Call) -> Response:
    """Get Blob, whole or a range."""
    blob = call.workspace.blobs.get(call["container"], call["blob"])
    if blob is None:
        return missing(call)
    if unmet := unmet_read_condition(call, blob):
        return unmet
    headers = property_headers(call, blob)
    expected = re.fullmatch(r"bytes=(\d+)-(\d*)", call.request.header("x-ms-range") or call.request.header("range"))
    if not expected:
        return _with_content(200, headers, Part(blob.path, 0, blob.size))
    start, end = int(expected[1]), min(int(expected[2] or blob.size - 1), blob.size - 1)
    if start >= blob.size:
        message = "The range specified is invalid for the current size of the resource."
        return error(call, 416, "InvalidRange", message, {"Content-Range": f"bytes */{blob.size}"})
    part = Part(blob.path, start, end - start + 1)
    # In a response to a range, `Content-MD5` would be the digest of the range.
    if md5 := headers.pop("Content-MD5", None):
        headers["x-ms-blob-content-md5"] = md5
    return _with_content(206, {**headers, "Content-Range": f"bytes {start}-{end}/{blob.size}"}, part)


def _with_content(status: int, headers: dict[str, str], part: Part) -> Response:
    # A small one is read at once: a step may be writing the file.
    if part.size <= _MOST_IN_MEMORY:
        return Response(status, headers, b"".join(part.pieces()))
    return Response(status, headers, part=part)


@blob_route("PUT", "/{container}/{blob*}")
def put_blob(call: Call) -> Response:
    """Put Blob, Put Block, Put Block List, Set Blob Metadata, Lease Blob."""
    kind = call.request.query.get("comp", "")
    handler = {"": _put_whole, "block": _put_block, "blocklist": _put_block_list, "metadata": _set_metadata}.get(kind)
    if kind == "lease":
        return _lease(call)
    if handler is None:
        return error(call, 400, "UnsupportedQueryParameter", f"comp={kind} is not supported here.")
    if kind == "block":
        return handler(call)
    with call.workspace.store.transaction():
        if unmet := unmet_write_condition(call):
            return unmet
        if not call.request.header("x-ms-lease-id"):
            leases.delete(call.workspace, call["container"], call["blob"])
        return handler(call)


def _put_whole(call: Call) -> Response:
    blobs, container, name = call.workspace.blobs, call["container"], call["blob"]
    blob = blobs.put(container, name, call.request.body, call.request.headers_starting("x-ms-meta-"))
    return Response(201, {**version_headers(call, blob), "Content-MD5": blob.md5 or ""})


def _put_block(call: Call) -> Response:
    block = call.request.query.get("blockid", "")
    call.workspace.blobs.stage_block(call["container"], call["blob"], block, call.request.body)
    return Response(201, {"x-ms-version": call.request.header("x-ms-version")})


def _put_block_list(call: Call) -> Response:
    blocks = [element.text or "" for element in ElementTree.fromstring(call.request.body)]
    metadata = call.request.headers_starting("x-ms-meta-")
    blob = call.workspace.blobs.commit_blocks(call["container"], call["blob"], blocks, metadata)
    if blob is None:
        return error(call, 400, "InvalidBlockList", "The specified block list is invalid.")
    # The service documents it as the digest of the list of blocks, not of the content of the blob.
    digest = hashlib.md5(call.request.body, usedforsecurity=False).digest()
    headers = {**version_headers(call, blob), "Content-MD5": base64.b64encode(digest).decode()}
    return Response(201, headers)


def _set_metadata(call: Call) -> Response:
    blobs, container, name = call.workspace.blobs, call["container"], call["blob"]
    if blobs.get(container, name) is None:
        return missing(call)
    blobs.set_metadata(container, name, call.request.headers_starting("x-ms-meta-"))
    blob = blobs.get(container, name)
    return Response(200, version_headers(call, blob)) if blob else missing(call)


def _lease(call: Call) -> Response:
    blob = call.workspace.blobs.get(call["container"], call["blob"])
    if blob is None:
        return missing(call)
    seconds = int(call.request.header("x-ms-lease-duration", str(leases.ENDLESS)))
    shortest, longest = leases.SHORTEST_SECONDS, leases.LONGEST_SECONDS
    if seconds != leases.ENDLESS and not shortest <= seconds <= longest:
        message = f"A lease lasts {shortest} to {longest} seconds, or has no end with -1."
        return error(call, 400, "InvalidHeaderValue", message)
    try:
        status, headers = leases.act(
            call.workspace,
            call["container"],
            call["blob"],
            call.request.header("x-ms-lease-action"),
            call.request.header("x-ms-lease-id"),
            call.request.header("x-ms-proposed-lease-id"),
            seconds,
        )
    except leases.LeaseConflict as conflict:
        return error(call, 409, conflict.code, str(conflict))
    return Response(status, {**version_headers(call, blob), **headers})


@blob_route("DELETE", "/{container}/{blob*}")
def delete_blob(call: Call) -> Response:
    """Delete Blob."""
    blobs, container, name = call.workspace.blobs, call["container"], call["blob"]
    with call.workspace.store.transaction():
        if blobs.get(container, name) is None:
            return missing(call)
        if unmet := unmet_write_condition(call):
            return unmet
        blobs.delete(container, name)
        leases.delete(call.workspace, container, name)
    return Response(202, {"x-ms-version": call.request.header("x-ms-version")})


@blob_route("HEAD", "/{container}")
def head_container(call: Call) -> Response:
    """Get Container Properties."""
    return Response(200, container_headers(call))
