"""Versions of environments, data, components and models."""

import json
from collections.abc import Iterator
from itertools import islice

from emulator.routes import operations
from emulator.routes.management import component_from_job as from_job
from emulator.routes.management import components
from emulator.routes.management.asset_kinds import KINDS, asset_route, is_listed, kind_of, missing
from emulator.routes.paging import address_after
from emulator.routes.routing import WORKSPACE, Call
from emulator.routes.system_data import FULL, OF_DATA, system_data
from emulator.state import keys
from emulator.state.records import AssetVersion
from emulator.state.versions import ContentFixed, latest_version, record_version
from emulator.wire.api_versions import complete_fields
from emulator.wire.asset_ids import DEFAULT_VERSION
from emulator.wire.errors import ServiceError
from emulator.wire.http import JsonObject, Response, json_response

_READ_AT_ONCE = 20


def version_body(call: Call, kind: str, name: str, version: str, stored: AssetVersion) -> JsonObject:
    """Return the body of one version of an asset."""
    properties = stored["properties"]
    if kind in ("components", "models"):
        properties = {**properties, "provisioningState": "Succeeded"}
    properties = complete_fields(
        kind if kind == "data" else kind.removesuffix("s"), properties, call.request.api_version
    )
    return {
        "id": f"{call.workspace.names.arm}/{kind}/{name}/versions/{version}",
        "name": version,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind}/versions",
        "properties": properties,
        "systemData": system_data(
            stored, OF_DATA if kind == "data" and stored["created"] == stored["modified"] else FULL
        ),
    }


def require_version(call: Call, kind: str, name: str, version: str) -> AssetVersion:
    """Return a stored version of an asset.

    Raises:
        ServiceError: it does not exist.
    """
    return call.workspace.store.find(keys.asset_version(kind, name, version), missing(KINDS[kind], name, version))


@asset_route("PUT", WORKSPACE + "/{kind}/{name}/versions/{version}")
def put_version(call: Call) -> Response:
    """Create a version, or change its tags, description or archived state."""
    kind, store = kind_of(call), call.workspace.store
    requested = call.request.json().get("properties") or {}
    if kind.name == "components":
        requested = from_job.with_job_interface(call.workspace, requested)
    version = call["version"]
    if kind.name == "components" and requested.get("isAnonymous"):
        version = components.anonymous_version(requested["componentSpec"])
    properties = {
        "description": requested.get("description") if kind.name != "components" else None,
        "tags": requested.get("tags") or {},
        "properties": requested.get("properties") or {},
        "isArchived": bool(requested.get("isArchived")),
        "isAnonymous": bool(requested.get("isAnonymous")),
        **kind.version_properties(call.workspace, version, requested),
    }
    try:
        _, stored, existing = record_version(store, kind.name, call["name"], version, properties, requested)
    except ContentFixed as error:
        raise ServiceError(400, "UserError", str(error), inner=("BadArgument", "Immutable")) from None
    body = version_body(call, kind.name, call["name"], version, stored)
    anonymous_component = kind.name == "components" and properties["isAnonymous"]
    changed = existing and kind.name != "environments" and not anonymous_component
    headers = {} if changed else {"Location": operations.resource_url(call)}
    return json_response(200 if changed else 201, body, headers)


@asset_route("GET", WORKSPACE + "/{kind}/{name}/versions/{version}")
def get_version(call: Call) -> Response:
    """Get one version."""
    kind, name, version = call["kind"], call["name"], call["version"]
    by_label = version == DEFAULT_VERSION
    if by_label:
        version = latest_version(call.workspace.store, kind, name) or version
    body = version_body(call, kind, name, version, require_version(call, kind, name, version))
    if by_label:
        body["id"] = f"{call.workspace.names.arm}/{kind}/{name}/labels/default"
    return json_response(200, body)


@asset_route("GET", WORKSPACE + "/{kind}/{name}/versions")
def list_versions(call: Call) -> Response:
    """List versions, newest first; the SDK gets the latest version with ``$top=1``."""
    kind, query = kind_of(call), call.request.query
    call.workspace.store.find(keys.asset(kind.name, call["name"]), missing(kind, call["name"]))
    visible = _visible(call, kind.name, int(query["$skipToken"]) if "$skipToken" in query else None)
    # One more than was asked for tells whether there is another page.
    rows = list(islice(visible, int(query["$top"]) + 1 if "$top" in query else None))
    shown = rows[: int(query["$top"])] if "$top" in query else rows
    value = [version_body(call, kind.name, call["name"], version, stored) for _, version, stored in shown]
    body: JsonObject = {"value": value}
    # Recorded for models and components, and not for environments.
    if shown and len(rows) > len(shown) and kind.name != "environments":
        body["nextLink"] = address_after(call, shown[-1][0], "$skipToken")
    return json_response(200, body)


def _visible(call: Call, kind: str, before: int | None) -> Iterator[tuple[int, str, AssetVersion]]:
    """Yield the versions that the request may see, newest first, with their numbers; those older than ``before``."""
    while rows := call.workspace.store.page(keys.asset_versions(kind, call["name"]), _READ_AT_ONCE, before):
        for number, version, text in rows:
            stored: AssetVersion = json.loads(text)
            if is_listed(call, stored["properties"]["isArchived"]):
                yield number, version, stored
        before = rows[-1][0]
