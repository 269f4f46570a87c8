"""Versions of assets in the store: the content of a version never changes after its creation."""

import time
from typing import NamedTuple

from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.queries import highest_version
from emulator.state.records import AssetContainer, AssetVersion
from emulator.wire.http import JsonObject

MODEL_TYPES = ("mlflow_model", "custom_model", "triton_model")
_FIXED = {
    "environments": ("image", "condaFile", "build"),
    "data": ("dataUri", "dataType"),
    "models": ("modelUri", "modelType"),
}
# The fields of a component's specification that describe it; all other fields are its content.
_DESCRIPTIVE = ("$schema", "description", "display_name", "tags", "version")


class ContentFixed(Exception):
    """The version already exists with different content."""


class Recorded(NamedTuple):
    """A stored version of an asset, and whether it existed before."""

    version: str
    document: AssetVersion
    existed: bool


def _content(kind: str, properties: JsonObject, requested: JsonObject) -> JsonObject:
    """Return the part of a version that may never change."""
    if kind != "components":
        return {key: properties.get(key) for key in _FIXED[kind]}
    spec = {key: value for key, value in properties["componentSpec"].items() if key not in _DESCRIPTIVE}
    return {**spec, "jobs": requested["componentSpec"].get("jobs") or {}}


def latest_version(store: Store, kind: str, name: str) -> str | None:
    """Return the version of an asset that was created last, or None if it has none."""
    container = store.get(keys.asset(kind, name))
    return container.get("latest") if container else None


def next_version(store: Store, kind: str, name: str) -> str:
    """Return the version that an asset gets if the request names none: the highest number plus one."""
    return str(_highest(store, kind, name, store.get(keys.asset(kind, name))) + 1)


def _highest(store: Store, kind: str, name: str, container: AssetContainer | None) -> int:
    if container and "highest" in container:
        return container["highest"]
    # An older workspace did not note it.
    return highest_version(store, kind, name)


def record_version(
    store: Store, kind: str, name: str, version: str | None, properties: JsonObject, requested: JsonObject
) -> Recorded:
    """Store a version, by default the next one.

    Raises:
        ContentFixed: the version existed with different content.
    """
    now = time.time()
    with store.transaction():
        key = keys.asset(kind, name)
        container = store.get(key)
        highest = _highest(store, kind, name, container)
        version = version or str(highest + 1)
        existing = store.get(keys.asset_version(kind, name, version))
        if existing and _content(kind, existing["properties"], existing["requested"]) != _content(
            kind, properties, requested
        ):
            raise ContentFixed(
                f"{kind.removesuffix('s').capitalize()} {name} with version {version} already exists and its content"
                " cannot be changed; create a new version."
            )
        created = existing["created"] if existing else now
        stored: AssetVersion = {"created": created, "modified": now, "properties": properties, "requested": requested}
        container = container or AssetContainer(created=now, modified=now, properties={}, archived=False)
        latest = container.get("latest") if existing else version
        container["modified"], container["latest"], container["data_type"] = now, latest, properties.get("dataType")
        number = int(version) if version.isascii() and version.isdigit() else 0
        container["highest"] = max(highest, number)
        store.put(key, container)
        store.put(keys.asset_version(kind, name, version), stored)
    return Recorded(version, stored, existing is not None)
