"""Manifests of container images, in the form of the OCI distribution specification; no image is stored."""

import hashlib
import json

from emulator.routes.routing import Call, route
from emulator.state.surroundings import read_surroundings
from emulator.wire.http import Response, json_response

_TAGS = ("20250303.v1", "20260901.v1", "latest")
_INDEX = "application/vnd.oci.image.index.v1+json"


@route("registry", "GET", "/v2/{repository*}/manifests/{reference}")
def get_manifest(call: Call) -> Response:
    """Get a manifest: every image exists, unless the surroundings say that it is missing."""
    image = f"{call['repository']}:{call['reference']}"
    if image in read_surroundings(call.workspace.state).images_missing:
        error = {"code": "MANIFEST_UNKNOWN", "message": f"manifest tagged by {call['reference']!r} is not found"}
        return json_response(404, {"errors": [error]})
    body = json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": []}).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Response(200, {"Content-Type": _INDEX, "Docker-Content-Digest": digest}, body)


@route("registry", "HEAD", "/v2/{repository*}/manifests/{reference}")
def head_manifest(call: Call) -> Response:
    """Get the headers of a manifest."""
    response = get_manifest(call)
    return Response(response.status, response.headers)


@route("registry", "GET", "/v2/{repository*}/tags/list")
def list_tags(call: Call) -> Response:
    """List the tags of a repository: two dates and ``latest``, without those that are missing."""
    missing = read_surroundings(call.workspace.state).images_missing
    tags = [tag for tag in _TAGS if f"{call['repository']}:{tag}" not in missing]
    return json_response(200, {"name": call["repository"], "tags": tags})
