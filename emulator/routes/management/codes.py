"""Code snapshots: a client looks up the hash of its code, and uploads the code if no version has that hash."""

import time
import uuid

from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import system_data
from emulator.state import keys
from emulator.state.records import Code, CodeReference
from emulator.state.signatures import signature
from emulator.wire.api_versions import complete_fields
from emulator.wire.errors import not_found
from emulator.wire.http import JsonObject, Response, json_response

_CODES = WORKSPACE + "/codes/{name}/versions"


def _body(call: Call, name: str, version: str, stored: Code) -> JsonObject:
    return {
        "id": f"{call.workspace.names.arm}/codes/{name}/versions/{version}",
        "name": version,
        "type": "Microsoft.MachineLearningServices/workspaces/codes/versions",
        "properties": complete_fields("code", stored["properties"], call.request.api_version),
        "systemData": system_data(stored),
    }


@route("management", "GET", _CODES)
def find_by_hash(call: Call) -> Response:
    """List the versions of code, or the version whose content has the given hash."""
    digest = call.request.query.get("hash")
    if digest is None:
        rows = call.workspace.store.documents(keys.codes(call["name"]))
        found = [_body(call, call["name"], version, stored) for version, stored in rows]
    else:
        reference = call.workspace.store.get(keys.code_hash(digest))
        stored = call.workspace.store.get(keys.code(reference["name"], reference["version"])) if reference else None
        found = [_body(call, reference["name"], reference["version"], stored)] if reference and stored else []
    return json_response(200, {"value": found})


@route("management", "POST", _CODES + "/{version}/startPendingUpload")
def start_pending_upload(call: Call) -> Response:
    """Create a container for an upload, and return its address with a signature to write to it."""
    names = call.workspace.names
    container = f"{names.workspace_id[:10]}-{uuid.uuid4()}"
    call.workspace.blobs.path(container).mkdir(parents=True, exist_ok=True)
    signed = signature(call.workspace, "c", "rcwl")
    return json_response(
        200,
        {
            "blobReferenceForConsumption": {
                "blobUri": f"https://{names.storage_host}:443/{container}",
                "storageAccountArmId": f"/subscriptions/{names.subscription}/resourceGroups/{names.group}"
                f"/providers/Microsoft.Storage/storageAccounts/{names.account}",
                "credential": {
                    "credentialType": "SAS",
                    "sasUri": f"https://{names.storage_host}/{container}?{signed}",
                },
            },
            "pendingUploadId": str(uuid.uuid4()),
            "pendingUploadType": "None",
        },
    )


@route("management", "PUT", _CODES + "/{version}")
def put_code(call: Call) -> Response:
    """Register uploaded code; an existing version stays as it is."""
    store = call.workspace.store
    requested = call.request.json().get("properties") or {}
    identity = keys.code(call["name"], call["version"])
    with store.transaction():
        existing = store.get(identity)
        if existing is None:
            now = time.time()
            properties: JsonObject = {
                "description": requested.get("description"),
                "tags": requested.get("tags") or {},
                "properties": {key: str(value) for key, value in (requested.get("properties") or {}).items()},
                "isArchived": False,
                "isAnonymous": False,
                "codeUri": requested.get("codeUri"),
                "provisioningState": "Succeeded",
            }
            store.put(identity, Code(created=now, modified=now, properties=properties))
            if content_hash := properties["properties"].get("hash_sha256"):
                store.put(keys.code_hash(content_hash), CodeReference(name=call["name"], version=call["version"]))
    stored = existing or store.get(identity)
    assert stored is not None
    body = _body(call, call["name"], call["version"], stored)
    if existing:
        return json_response(200, body)
    return json_response(201, body, {"Location": operations.resource_url(call)})


@route("management", "GET", _CODES + "/{version}")
def get_code(call: Call) -> Response:
    """Get one version."""
    message = f"Not found code {call['name']} (version: {call['version']})."
    absent = not_found(message, "NotFound", "CodeNotFound")
    stored = call.workspace.store.find(keys.code(call["name"], call["version"]), absent)
    return json_response(200, _body(call, call["name"], call["version"], stored))
