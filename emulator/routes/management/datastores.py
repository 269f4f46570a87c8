"""Datastores: the two of every workspace, on its own storage, and those that users add."""

import base64
import hashlib
import time

from emulator.routes import operations
from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import system_data, workspace_system_data
from emulator.state import keys
from emulator.state.addresses import OWN_DATASTORES
from emulator.state.lookup import stored_datastore
from emulator.state.records import Datastore
from emulator.state.signatures import signature
from emulator.state.surroundings import read_surroundings
from emulator.state.workspace import Workspace
from emulator.wire.api_versions import complete_fields
from emulator.wire.errors import bad_request, unsupported
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import Names

_PLACE = {
    "AzureBlob": ("accountName", "containerName"),
    "AzureFile": ("accountName", "fileShareName"),
    "AzureDataLakeGen2": ("accountName", "filesystem"),
}


def _own_properties(names: Names, name: str, identity_based: bool) -> JsonObject:
    return {
        "description": None,
        "tags": None,
        "properties": None,
        "isDefault": name == "workspaceblobstore",
        "credentials": {"credentialsType": "None" if identity_based else "AccountKey"},
        "datastoreType": "AzureBlob",
        "accountName": names.account,
        "containerName": OWN_DATASTORES[name] or names.default_container,
        "endpoint": "core.windows.net",
        "protocol": "https",
        "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
    }


def _body(workspace: Workspace, name: str, api_version: str) -> JsonObject:
    if name.lower() in OWN_DATASTORES:
        name = name.lower()
        identity_based = read_surroundings(workspace.state).identity_based
        properties = _own_properties(workspace.names, name, identity_based)
        created = workspace_system_data("Application", "+00:00")
    else:
        stored = stored_datastore(workspace, name)
        properties, created = stored["properties"], system_data(stored)
    return {
        "id": f"{workspace.names.arm}/datastores/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": complete_fields("datastore", properties, api_version),
        "systemData": created,
    }


@route("management", "GET", WORKSPACE + "/datastores")
def list_datastores(call: Call) -> Response:
    """Datastores - List, all or the default one."""
    names = [name for name, _ in call.workspace.store.documents(keys.DATASTORES)] + list(OWN_DATASTORES)
    bodies = [_body(call.workspace, name, call.request.api_version) for name in names]
    if call.request.query.get("isDefault") == "true":
        bodies = [body for body in bodies if body["properties"]["isDefault"]]
    return json_response(200, {"value": bodies})


@route("management", "GET", WORKSPACE + "/datastores/{name}")
def get_datastore(call: Call) -> Response:
    """Datastores - Get."""
    return json_response(200, _body(call.workspace, call["name"], call.request.api_version))


@route("management", "PUT", WORKSPACE + "/datastores/{name}")
def put_datastore(call: Call) -> Response:
    """Datastores - Create Or Update: blob, file and Data Lake Gen2; the response does not show the secrets."""
    name, requested = call["name"], call.request.json().get("properties") or {}
    kind = str(requested.get("datastoreType"))
    if name.lower() in OWN_DATASTORES:
        raise unsupported(f"Changing the workspace's own datastore {name}")
    if kind not in _PLACE:
        raise unsupported(f"A datastore of type {kind}")
    if missing := [field for field in _PLACE[kind] if not requested.get(field)]:
        raise bad_request(f"{missing[0]} is required for a datastore of type {kind}.", "ArgumentBlankOrEmpty")
    credentials = requested.get("credentials") or {"credentialsType": "None"}
    now, store = time.time(), call.workspace.store
    properties = {
        "description": requested.get("description"),
        "tags": requested.get("tags"),
        "properties": requested.get("properties"),
        "isDefault": False,
        "credentials": {key: value for key, value in credentials.items() if key != "secrets"},
        "datastoreType": kind,
        **{field: requested[field] for field in _PLACE[kind]},
        "endpoint": requested.get("endpoint") or "core.windows.net",
        "protocol": requested.get("protocol") or "https",
        "serviceDataAccessAuthIdentity": requested.get("serviceDataAccessAuthIdentity") or "None",
    }
    with store.transaction():
        existing = store.get(keys.datastore(name))
        created = existing["created"] if existing else now
        secrets = credentials.get("secrets")
        store.put(
            keys.datastore(name),
            Datastore(created=created, modified=now, properties=properties, secrets=secrets),
        )
    headers = {} if existing else {"Location": operations.resource_url(call)}
    return json_response(200 if existing else 201, _body(call.workspace, name, call.request.api_version), headers)


@route("management", "DELETE", WORKSPACE + "/datastores/{name}")
def delete_datastore(call: Call) -> Response:
    """Datastores - Delete; the data on it stays."""
    if call["name"].lower() in OWN_DATASTORES:
        raise unsupported(f"Deleting the workspace's own datastore {call['name']}")
    stored_datastore(call.workspace, call["name"])
    call.workspace.store.delete(keys.datastore(call["name"]))
    return Response(200)


@route("management", "POST", WORKSPACE + "/datastores/{name}/listSecrets")
def list_secrets(call: Call) -> Response:
    """Datastores - List Secrets: the account key, or a signature for an hour if the request wants an expirable secret.

    No such request is recorded; azure-ai-ml 1.20 to 1.34 take ``sas_token`` of the response without a look at its type.
    The account key of the workspace's own storage is made up.
    """
    name, names = call["name"], call.workspace.names
    if name.lower() in OWN_DATASTORES:
        key = base64.b64encode(hashlib.sha256(names.workspace_id.encode()).digest()).decode()
        secrets: JsonObject = {"secretsType": "AccountKey", "key": key}
    else:
        stored = stored_datastore(call.workspace, name)
        if stored["secrets"] is None:
            kind = stored["properties"]["credentials"]["credentialsType"]
            raise bad_request(f"Datastore {name} has credentials of type {kind}, which have no secrets.")
        secrets = stored["secrets"]
    expirable = call.request.body and call.request.json().get("expirableSecret")
    if expirable and secrets["secretsType"] == "AccountKey":
        secrets = {"secretsType": "Sas", "sasToken": signature(call.workspace, "c", "racwdl")}
    return json_response(200, secrets)
