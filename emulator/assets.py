"""Versioned assets: environments, data, components and models, their containers, labels and lists."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from emulator import components, from_job, operations
from emulator.api_versions import known
from emulator.errors import ServiceError, bad_request, not_found
from emulator.http import Response, json_response
from emulator.names import SYSTEM_CREATOR, now_text
from emulator.places import long_data_uri
from emulator.router import WORKSPACE, Call, route
from emulator.uris import DEFAULT_VERSION
from emulator.versions import ContentFixed, next_version, record_version

Properties = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What distinguishes one kind of asset: its words, and what is answered of a version."""

    name: str
    singular: str
    answer: Callable[[Call, Properties], Properties]


def _environment(call: Call, asked: Properties) -> Properties:
    answer: Properties = {
        "environmentType": "UserCreated",
        "osType": str(asked.get("osType") or "Linux").capitalize(),
        "provisioningState": "Succeeded",
        "stage": asked.get("stage") or ("Logged" if asked.get("isAnonymous") else "Development"),
        "autoRebuild": asked.get("autoRebuild") or "Disabled",
        "autoDeleteSetting": None,
        "intellectualProperty": None,
    }
    if image := asked.get("image"):
        answer["image"] = image
    if build := asked.get("build"):
        answer.update(build=build, condaFile="")
    if conda := asked.get("condaFile"):
        answer["condaFile"] = _conda_as_json(conda)
    return answer


def _conda_as_json(text: str) -> str:
    import yaml

    return json.dumps(yaml.safe_load(text), indent=2)


def _data(call: Call, asked: Properties) -> Properties:
    kind = asked.get("dataType")
    if kind not in ("uri_file", "uri_folder", "mltable"):
        raise bad_request(f"dataType {kind!r} is not one of uri_file, uri_folder, mltable.", "ArgumentInvalid")
    if not asked.get("dataUri"):
        raise bad_request("dataUri is required.", "ArgumentBlankOrEmpty")
    uri = long_data_uri(call.workspace.names, asked["dataUri"])
    if kind == "mltable":
        return {"dataUri": uri.rstrip("/") + "/", "dataType": kind, "referencedUris": asked.get("referencedUris")}
    return {"dataUri": uri, "dataType": kind}


def _model(call: Call, asked: Properties) -> Properties:
    return {
        "flavors": asked.get("flavors") or {},
        "modelType": asked.get("modelType") or "custom_model",
        "modelUri": long_data_uri(call.workspace.names, asked.get("modelUri") or ""),
        "jobName": asked.get("jobName"),
    }


KINDS = {
    "environments": Kind("environments", "environment", _environment),
    "data": Kind("data", "data", _data),
    "components": Kind("components", "component", components.answer),
    "models": Kind("models", "model", _model),
}


def _kind(call: Call) -> Kind:
    return KINDS[call["kind"].lower()]


def system_data(stored: dict[str, Any]) -> dict[str, str]:
    """Tell when a stored document was made and changed."""
    return {
        "createdAt": now_text(stored["created"]),
        "createdBy": SYSTEM_CREATOR,
        "createdByType": "User",
        "lastModifiedAt": now_text(stored["modified"]),
        "lastModifiedBy": SYSTEM_CREATOR,
        "lastModifiedByType": "User",
    }


def _without(facts: dict[str, str], *who: str) -> dict[str, str]:
    """Return ``facts`` without naming anybody, which the service does for some kinds of documents."""
    return {key: value for key, value in facts.items() if key.removesuffix("Type") not in who}


def version_body(call: Call, kind: str, name: str, version: str, stored: dict[str, Any]) -> dict[str, Any]:
    """Write one version of an asset as the service answers it."""
    facts = system_data(stored)
    properties = stored["properties"]
    if kind == "data":
        facts = _without(facts, "lastModifiedBy")
    if kind == "environments":
        properties = known("environment", properties, call.request.query.get("api-version", ""))
    return {
        "id": f"{call.workspace.names.arm}/{kind}/{name}/versions/{version}",
        "name": version,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind}/versions",
        "properties": properties,
        "systemData": facts,
    }


def _missing(kind: Kind, name: str, version: str = "") -> ServiceError:
    suffix = f" (version: {version})" if version else ""
    return not_found(f"Not found {kind.singular} {name}{suffix}.", "NotFound", f"{kind.singular.capitalize()}NotFound")


def require_version(call: Call, kind: str, name: str, version: str) -> dict[str, Any]:
    """Return the stored document of an asset's version.

    Raises:
        ServiceError: there is none.
    """
    stored = call.workspace.store.get(f"{kind}/{name}/versions/{version}")
    if stored is None:
        raise _missing(KINDS[kind], name, version)
    return stored


def _routes(method: str, template: str) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
    """Register a handler for every kind of asset; the kind reaches it as a name in the path."""

    def register(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
        for name in KINDS:

            def answer(call: Call, name: str = name) -> Response:
                return handler(Call(call.workspace, call.request, {**call.params, "kind": name}))

            answer.__doc__ = handler.__doc__
            route("management", method, template.replace("{kind}", name))(answer)
        return handler

    return register


@_routes("PUT", WORKSPACE + "/{kind}/{name}/versions/{version}")
def put_version(call: Call) -> Response:
    """Create a version, or change what of it may change (tags, description, archived)."""
    kind, store = _kind(call), call.workspace.store
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


@_routes("GET", WORKSPACE + "/{kind}/{name}/versions/{version}")
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


@_routes("GET", WORKSPACE + "/{kind}/{name}/versions")
def list_versions(call: Call) -> Response:
    """List versions, newest first; ``$top=1`` is how the SDK asks for the latest."""
    kind, query = _kind(call), call.request.query
    if call.workspace.store.get(f"{kind.name}/{call['name']}") is None:
        raise _missing(kind, call["name"])
    rows = call.workspace.store.documents(f"{kind.name}/{call['name']}/versions")
    visible = [(version, stored) for version, stored in rows if _listed(call, stored["properties"]["isArchived"])]
    top = int(query.get("$top", len(visible)))
    value = [version_body(call, kind.name, call["name"], version, stored) for version, stored in visible[:top]]
    return json_response(200, {"value": value})


def _listed(call: Call, archived: bool) -> bool:
    view = call.request.query.get("listViewType", "ActiveOnly")
    return view == "All" or archived == (view == "ArchivedOnly")


def _container_body(call: Call, kind: Kind, name: str, stored: dict[str, Any]) -> dict[str, Any]:
    asked, facts = stored["properties"], system_data(stored)
    empty: Properties | None = None if kind.name == "data" else {}
    properties: Properties = {
        "description": asked.get("description"),
        "tags": asked.get("tags") or empty,
        "properties": asked.get("properties") or empty,
        "isArchived": stored["archived"],
        "latestVersion": stored.get("latest"),
        "nextVersion": next_version(call.workspace.store, kind.name, name),
    }
    if kind.name == "data":
        properties["dataType"] = stored.get("data_type")
        facts = _without(facts, "lastModifiedBy")
    if kind.name == "components":
        # Versions of components are not counted; the service proposes the time of day instead.
        proposed = datetime.now(timezone.utc).strftime("%Y-%m-%d-%H-%M-%S-%f0")
        properties.update(description=asked.get("description") or "", latestVersion=None, nextVersion=proposed)
        if "name" in call.params:
            facts = _without(facts, "createdBy", "lastModifiedBy")
    return {
        "id": f"{call.workspace.names.arm}/{kind.name}/{name}",
        "name": name,
        "type": f"Microsoft.MachineLearningServices/workspaces/{kind.name}",
        "properties": properties,
        "systemData": facts,
    }


@_routes("GET", WORKSPACE + "/{kind}/{name}")
def get_container(call: Call) -> Response:
    """Get what is common to all versions: the latest and the next one."""
    kind = _kind(call)
    stored = call.workspace.store.get(f"{kind.name}/{call['name']}")
    if stored is None:
        raise _missing(kind, call["name"])
    return json_response(200, _container_body(call, kind, call["name"], stored))


@_routes("PUT", WORKSPACE + "/{kind}/{name}")
def put_container(call: Call) -> Response:
    """Change what is common to all versions; this is how a whole asset is archived."""
    kind, store = _kind(call), call.workspace.store
    asked = call.request.json().get("properties") or {}
    identity = f"{kind.name}/{call['name']}"
    with store.transaction():
        existing = store.get(identity)
        now = time.time()
        stored = {
            **(existing or {"created": now}),
            "modified": now,
            "properties": asked,
            "archived": bool(asked.get("isArchived")),
        }
        store.put(identity, stored)
    return json_response(200 if existing else 201, _container_body(call, kind, call["name"], stored))


@_routes("GET", WORKSPACE + "/{kind}")
def list_containers(call: Call) -> Response:
    """List the assets of a kind, newest first."""
    kind = _kind(call)
    rows = call.workspace.store.documents(kind.name)
    value = [
        _container_body(call, kind, name, stored)
        for name, stored in rows
        if _listed(call, stored["archived"]) and name not in (components.ANONYMOUS, "CliV2AnonymousEnvironment")
    ]
    return json_response(200, {"value": value})
