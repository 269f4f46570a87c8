"""The kinds of assets, and for each kind how requested properties become those of a version in a response."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from emulator.routes.management import components
from emulator.routes.routing import Call, route
from emulator.state.addresses import long_data_uri
from emulator.state.run_addresses import resolve_run_address
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, bad_request, not_found
from emulator.wire.http import JsonObject, Response

Properties = JsonObject


@dataclass(frozen=True)
class Kind:
    """One kind of asset: its words, and the function that makes a version's properties from those requested."""

    name: str
    singular: str
    version_properties: Callable[[Workspace, str, Properties], Properties]


def _environment(workspace: Workspace, version: str, requested: Properties) -> Properties:
    properties: Properties = {
        "environmentType": "UserCreated",
        "osType": str(requested.get("osType") or "Linux").capitalize(),
        "provisioningState": "Succeeded",
        "stage": requested.get("stage") or ("Logged" if requested.get("isAnonymous") else "Development"),
        "autoRebuild": requested.get("autoRebuild") or "Disabled",
        "autoDeleteSetting": None,
        "intellectualProperty": None,
    }
    if image := requested.get("image"):
        properties["image"] = image
    if build := requested.get("build"):
        properties["build"] = build
    # That it is empty for an image alone is our reading: recorded are build contexts and images of Microsoft.
    conda = requested.get("condaFile")
    properties["condaFile"] = _conda_as_json(conda) if conda else ""
    return properties


def _conda_as_json(text: str) -> str:
    import yaml

    return json.dumps(yaml.safe_load(text), indent=2)


def _data(workspace: Workspace, version: str, requested: Properties) -> Properties:
    kind = requested.get("dataType")
    if kind not in ("uri_file", "uri_folder", "mltable"):
        raise bad_request(f"dataType {kind!r} is not one of uri_file, uri_folder, mltable.", "ArgumentInvalid")
    if not requested.get("dataUri"):
        raise bad_request("dataUri is required.", "ArgumentBlankOrEmpty")
    uri = long_data_uri(workspace.names, resolve_run_address(workspace, requested["dataUri"]))
    if kind != "uri_file":
        uri = uri.rstrip("/") + "/"
    properties: Properties = {"dataUri": uri, "dataType": kind}
    if kind == "mltable":
        properties["referencedUris"] = requested.get("referencedUris")
    if deletion := requested.get("autoDeleteSetting"):
        properties["autoDeleteSetting"] = deletion
    return properties


def _model(workspace: Workspace, version: str, requested: Properties) -> Properties:
    return {
        "flavors": requested.get("flavors") or {},
        "modelType": requested.get("modelType") or "custom_model",
        # In addresses of models the service writes this word with a capital, in those of data without.
        "modelUri": long_data_uri(
            workspace.names, resolve_run_address(workspace, requested.get("modelUri") or "")
        ).replace("/resourcegroups/", "/resourceGroups/"),
        "jobName": requested.get("jobName"),
        "stage": requested.get("stage"),
    }


KINDS = {
    "environments": Kind("environments", "environment", _environment),
    "data": Kind("data", "data", _data),
    "components": Kind("components", "component", components.component_properties),
    "models": Kind("models", "model", _model),
}


def kind_of(call: Call) -> Kind:
    """Return the kind of asset that ``call`` is about."""
    return KINDS[call["kind"].lower()]


def missing(kind: Kind, name: str, version: str = "") -> ServiceError:
    """Return the error for an asset, or a version of it, that does not exist."""
    suffix = f" (version: {version})" if version else ""
    return not_found(f"Not found {kind.singular} {name}{suffix}.", "NotFound", f"{kind.singular.capitalize()}NotFound")


def asset_route(method: str, template: str) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
    """Register a handler for every kind of asset; the handler finds the kind among the values of the path."""

    def register(handler: Callable[[Call], Response]) -> Callable[[Call], Response]:
        for name in KINDS:

            def handle(call: Call, name: str = name) -> Response:
                return handler(Call(call.workspace, call.request, {**call.params, "kind": name}))

            handle.__doc__ = handler.__doc__
            route("management", method, template.replace("{kind}", name))(handle)
        return handler

    return register


def is_listed(call: Call, archived: bool) -> bool:
    """Return whether the requested list contains an asset that is ``archived`` or not."""
    view = call.request.query.get("listViewType", "ActiveOnly")
    return view == "All" or archived == (view == "ArchivedOnly")
