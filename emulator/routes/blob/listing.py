"""The list of the blobs in a container."""

from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from emulator.routes.blob.responses import BOM, blob_route, container_headers, is_log
from emulator.routes.routing import Call
from emulator.state.blob_properties import Blob
from emulator.wire.http import Response, http_date

_PAGE = 5000


@blob_route("GET", "/{container}")
def list_blobs(call: Call) -> Response:
    """List Blobs, flat or by folder."""
    query = call.request.query
    if query.get("comp") != "list":
        return Response(200, container_headers(call))
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    size = min(int(query.get("maxresults", _PAGE)), _PAGE)
    # One more than the page has, which tells whether there is another page.
    entries = list(islice(_entries(call, prefix, delimiter), size + 1))
    following = entries[size - 1][0] if len(entries) > size else ""
    body = (
        f'{BOM}<?xml version="1.0" encoding="utf-8"?>'
        f'<EnumerationResults ServiceEndpoint="https://{call.request.host}/" ContainerName="{call["container"]}">'
        f"<Prefix>{escape(prefix)}</Prefix>"
        # The SDK requests pages of the size that the response states here.
        + (f"<MaxResults>{size}</MaxResults>" if "maxresults" in query else "")
        + (f"<Delimiter>{escape(delimiter)}</Delimiter>" if delimiter else "")
        + f"<Blobs>{''.join(text for _, text in entries[:size])}</Blobs>"
        f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    )
    headers = {"Content-Type": "application/xml", "x-ms-version": call.request.header("x-ms-version")}
    return Response(200, headers, body.encode())


def _entries(call: Call, prefix: str, delimiter: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the element of each blob and folder after the marker, in order."""
    blobs, container, marker = call.workspace.blobs, call["container"], call.request.query.get("marker", "")
    with_metadata = "metadata" in call.request.query.get("include", "")
    last_folder = marker
    for name in blobs.names(container, prefix, marker):
        folder, separator, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if separator:
            if (whole := prefix + folder + separator) != last_folder:
                last_folder = whole
                yield whole, f"<BlobPrefix><Name>{escape(whole)}</Name></BlobPrefix>"
        elif blob := blobs.listed(container, name):
            yield name, _blob_element(container, blob, with_metadata)


def _blob_element(container: str, blob: Blob, with_metadata: bool) -> str:
    modified = http_date(blob.modified)
    kind, digest = "<BlobType>AppendBlob</BlobType>", ""
    if not is_log(container, blob.name):
        kind = "<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
        digest = blob.digest() or ""
    metadata = ""
    if with_metadata:
        pairs = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in blob.metadata.items())
        metadata = f"<Metadata>{pairs}</Metadata>" if pairs else "<Metadata />"
    return (
        f"<Blob><Name>{escape(blob.name)}</Name><Properties><Creation-Time>{modified}</Creation-Time>"
        f"<Last-Modified>{modified}</Last-Modified><Etag>{blob.etag}</Etag>"
        f"<Content-Length>{blob.size}</Content-Length><Content-Type>application/octet-stream</Content-Type>"
        "<Content-Encoding /><Content-Language /><Content-CRC64 />"
        f"<Content-MD5>{digest}</Content-MD5><Cache-Control /><Content-Disposition />{kind}"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        f"<ServerEncrypted>true</ServerEncrypted></Properties>{metadata}<OrMetadata /></Blob>"
    )
