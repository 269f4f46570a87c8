"""Versions of environments, data, components and models: made once, then read by version, label or list."""

from typing import Any

from emulator.routes import operations
from emulator.routes.management import component_from_job as from_job
from emulator.routes.management import components
from emulator.routes.management.asset_kinds import KINDS, asset_route, is_listed, kind_of, missing
from emulator.routes.routing import WORKSPACE, Call
from emulator.state.versions import ContentFixed, record_version
from emulator.wire.api_versions import known
from emulator.wire.asset_ids import DEFAULT_VERSION
from emulator.wire.errors import ServiceError
from emulator.wire.http import Response, json_response
from emulator.wire.system_data import system_data, without


def version_body(call: Call, kind: str, name: str, version: str, stored: dict[str, Any]) -> dict[str, Any]:
    """Write one version of an asset as the service answers it."""
    facts = system_data(stored)
    properties = stored["properties"]
    if kind == "data":
        facts = without(facts, "lastModifiedBy")
    if kind == "environments":
        properties = known("environment", properties, call.request.api_version)
    return {
        "id": f"{call.workspace.names.arm}/{kind}/{name}/versions/{version}",
        "name": version,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind}/versions",
        "properties": properties,
        "systemData": facts,
    }


def require_version(call: Call, kind: str, name: str, version: str) -> dict[str, Any]:
    """Return the stored document of an asset's version.

    Raises:
        ServiceError: there is none.
    """
    stored = call.workspace.store.get(f"{kind}/{name}/versions/{version}")
    if stored is None:
        raise missing(KINDS[kind], name, version)
    return stored


@asset_route("PUT", WORKSPACE + "/{kind}/{name}/versions/{version}")
def put_version(call: Call) -> Response:
    """Create a version, or change what of it may change (tags, description, archived)."""
    kind, store = kind_of(call), call.workspace.store
    asked = call.request.json().get("properties") or {}
    if kind.name == "components":
        asked = from_job.completed(call, asked)
    version = call["version"]
    if kind.name == "components" and asked.get("isAnonymous"):
        version = components.anonymous_version(asked["componentSpec"])
    answered = {
        "description": asked.get("description") if kind.name != "components" else None,
        "tags": asked.get("tags") or {},
        "properties": asked.get("properties") or {},
        "isArchived": bool(asked.get("isArchived")),
        "isAnonymous": bool(asked.get("isAnonymous")),
        **kind.answer(_at_version(call, version), asked),
    }
    try:
        stored, existing = record_version(store, kind.name, call["name"], version, answered, asked)
    except ContentFixed as error:
        raise ServiceError(400, "UserError", str(error), inner=("BadArgument", "Immutable")) from None
    body = version_body(call, kind.name, call["name"], version, stored)
    changed = existing and kind.name in ("components", "models") and not answered["isAnonymous"]
    headers = {} if changed else {"Location": operations.resource_url(call)}
    return json_response(200 if changed else 201, body, headers)


def _at_version(call: Call, version: str) -> Call:
    return Call(call.workspace, call.request, {**call.params, "version": version})


@asset_route("GET", WORKSPACE + "/{kind}/{name}/versions/{version}")
def get_version(call: Call) -> Response:
    """Get one version."""
    kind, name, version = call["kind"], call["name"], call["version"]
    by_label = version == DEFAULT_VERSION
    if by_label:
        version = (call.workspace.store.get(f"{kind}/{name}") or {}).get("latest") or version
    body = version_body(call, kind, name, version, require_version(call, kind, name, version))
    if by_label:
        body["id"] = f"{call.workspace.names.arm}/{kind}/{name}/labels/default"
    return json_response(200, body)


@asset_route("GET", WORKSPACE + "/{kind}/{name}/versions")
def list_versions(call: Call) -> Response:
    """List versions, newest first; ``$top=1`` is how the SDK asks for the latest."""
    kind, query = kind_of(call), call.request.query
    if call.workspace.store.get(f"{kind.name}/{call['name']}") is None:
        raise missing(kind, call["name"])
    rows = call.workspace.store.documents(f"{kind.name}/{call['name']}/versions")
    visible = [(version, stored) for version, stored in rows if is_listed(call, stored["properties"]["isArchived"])]
    top = int(query.get("$top", len(visible)))
    value = [version_body(call, kind.name, call["name"], version, stored) for version, stored in visible[:top]]
    return json_response(200, {"value": value})
