"""Containers of assets: what is common to all versions of an asset, archiving, and lists."""

import json
import time
from datetime import datetime, timezone

from emulator.routes.management.asset_kinds import Kind, Properties, asset_route, is_listed, kind_of, missing
from emulator.routes.management.components import ANONYMOUS
from emulator.routes.paging import page_of
from emulator.routes.routing import WORKSPACE, Call
from emulator.routes.system_data import FULL, OF_COMPONENT, OF_DATA, system_data
from emulator.state import keys
from emulator.state.records import AssetContainer
from emulator.state.versions import next_version
from emulator.wire.api_versions import complete_fields
from emulator.wire.http import JsonObject, Response, json_response


def _container_body(call: Call, kind: Kind, name: str, stored: AssetContainer) -> JsonObject:
    requested, form = stored["properties"], FULL
    empty: Properties | None = None if kind.name == "data" else {}
    properties: Properties = {
        "description": requested.get("description"),
        "tags": requested.get("tags") or empty,
        "properties": requested.get("properties") or empty,
        "isArchived": stored["archived"],
        "latestVersion": stored.get("latest"),
        "nextVersion": next_version(call.workspace.store, kind.name, name),
    }
    if kind.name == "data":
        properties["dataType"] = stored.get("data_type")
        form = OF_DATA
    if kind.name == "components":
        # The service does not count versions of components; the next version it names is the current time.
        now = datetime.now(timezone.utc).strftime("%Y-%m-%d-%H-%M-%S-%f0")
        properties.update(description=requested.get("description") or "", latestVersion=None, nextVersion=now)
        if "name" in call.params:
            form = OF_COMPONENT
    return {
        "id": f"{call.workspace.names.arm}/{kind.name}/{name}",
        "name": name,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind.name}",
        "properties": properties
        if kind.name == "data"
        else complete_fields("container", {**properties, "provisioningState": "Succeeded"}, call.request.api_version),
        "systemData": system_data(stored, form),
    }


@asset_route("GET", WORKSPACE + "/{kind}/{name}")
def get_container(call: Call) -> Response:
    """Get the container of an asset, with its latest and its next version."""
    kind = kind_of(call)
    stored = call.workspace.store.find(keys.asset(kind.name, call["name"]), missing(kind, call["name"]))
    return json_response(200, _container_body(call, kind, call["name"], stored))


@asset_route("PUT", WORKSPACE + "/{kind}/{name}")
def put_container(call: Call) -> Response:
    """Change the container of an asset; this also archives the whole asset."""
    kind, store = kind_of(call), call.workspace.store
    requested = call.request.json().get("properties") or {}
    identity = keys.asset(kind.name, call["name"])
    with store.transaction():
        existing = store.get(identity)
        now = time.time()
        stored: AssetContainer = {
            **(existing or AssetContainer(created=now, modified=now, properties={}, archived=False)),
            "modified": now,
            "properties": requested,
            "archived": bool(requested.get("isArchived")),
        }
        store.put(identity, stored)
    return json_response(200 if existing else 201, _container_body(call, kind, call["name"], stored))


@asset_route("GET", WORKSPACE + "/{kind}")
def list_containers(call: Call) -> Response:
    """List the assets of a kind, newest first, a page at a time."""
    kind = kind_of(call)
    rows, following = page_of(call, keys.assets(kind.name))
    documents = ((name, json.loads(text)) for _, name, text in rows)
    value = [
        _container_body(call, kind, name, stored)
        for name, stored in documents
        if is_listed(call, stored["archived"]) and name not in (ANONYMOUS, "CliV2AnonymousEnvironment")
    ]
    body: JsonObject = {"value": value}
    if following:
        body["nextLink"] = following
    return json_response(200, body)
