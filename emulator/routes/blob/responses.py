"""Responses of the blob service: headers, errors, and the checks that all of its operations share."""

import uuid
from collections.abc import Callable
from functools import wraps
from xml.sax.saxutils import escape

from emulator.routes.routing import Call, Handler, route
from emulator.state import leases
from emulator.state.addresses import ARTIFACTS
from emulator.state.blob_properties import Blob
from emulator.state.blobs import BadBlobName
from emulator.wire.http import Response, http_date
from emulator.wire.names import now_text

BOM = "\ufeff"


def error(call: Call, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error response of the blob service."""
    told = f"{message}\nRequestId:{uuid.uuid4()}\nTime:{now_text().removesuffix('+00:00')}Z"
    text = f"<Error><Code>{code}</Code><Message>{escape(told)}</Message></Error>"
    body = f'{BOM}<?xml version="1.0" encoding="utf-8"?>{text}'
    return Response(
        status,
        {
            "Content-Type": "application/xml",
            "x-ms-error-code": code,
            "x-ms-version": call.request.header("x-ms-version"),
            **(headers or {}),
        },
        b"" if call.request.method == "HEAD" else body.encode(),
    )


def blob_route(method: str, template: str) -> Callable[[Handler], Handler]:
    """Register a handler of the blob service; names that are not valid get the error responses of that service."""

    def register(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(call: Call) -> Response:
            if call.request.host != call.workspace.names.storage_host:
                return error(call, 404, "ResourceNotFound", f"There is no storage account at {call.request.host}.")
            try:
                return handler(call)
            except BadBlobName as wrong:
                return error(call, 400, "InvalidUri", f"The requested URI does not represent any resource: {wrong}")
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                message = "The name is that of a folder here, or has a blob for a folder; see docs/emulator.md."
                return error(call, 409, "NameConflict", message)

        return route("blob", method, template)(guarded)

    return register


def is_log(container: str, name: str) -> bool:
    """Return whether a blob is a log of Azure's own machinery, which it appends to: such a blob has no digest."""
    return container == ARTIFACTS and "/logs/azureml/" in name


def version_headers(call: Call, blob: Blob) -> dict[str, str]:
    """Return the headers that identify the current content of a blob."""
    headers = {
        "ETag": f'"{blob.etag}"',
        "Last-Modified": http_date(blob.modified),
        "x-ms-version": call.request.header("x-ms-version"),
    }
    md5 = None if is_log(call["container"], blob.name) else blob.digest()
    if md5 and call.request.method != "PUT":
        headers["Content-MD5"] = md5
    return headers


def property_headers(call: Call, blob: Blob) -> dict[str, str]:
    """Return the headers with all properties of a blob."""
    return {
        **version_headers(call, blob),
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "x-ms-blob-type": "AppendBlob" if is_log(call["container"], blob.name) else "BlockBlob",
        **leases.properties(call.workspace, call["container"], call["blob"]),
        **{f"x-ms-meta-{name}": value for name, value in blob.metadata.items()},
    }


def container_headers(call: Call) -> dict[str, str]:
    """Return the headers with the properties of a container; a container of any name exists without being created."""
    place = call.workspace.blobs.path(call["container"])
    modified = place.stat().st_mtime if place.is_dir() else 0.0
    return {
        "ETag": f'"0x{int(modified):X}"',
        "Last-Modified": http_date(modified),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-version": call.request.header("x-ms-version"),
    }


def missing(call: Call) -> Response:
    """Return the error response for a blob that does not exist."""
    return error(call, 404, "BlobNotFound", "The specified blob does not exist.")
