"""Versions of assets in the store: made once, never changed in what matters."""

import time

from emulator.state import keys
from emulator.state.documents import Store
from emulator.state.records import AssetContainer, AssetVersion
from emulator.wire.http import JsonObject

_FIXED = {
    "environments": ("image", "condaFile", "build"),
    "data": ("dataUri", "dataType"),
    "models": ("modelUri", "modelType"),
}
# What of a component's specification says how it is shown, not what it does.
_SHOWN = ("$schema", "description", "display_name", "tags", "version")


class ContentFixed(Exception):
    """The version exists, with other content."""


def _content(kind: str, properties: JsonObject, asked: JsonObject) -> JsonObject:
    """Return what of a version may never change."""
    if kind != "components":
        return {key: properties.get(key) for key in _FIXED[kind]}
    spec = {key: value for key, value in properties["componentSpec"].items() if key not in _SHOWN}
    return {**spec, "jobs": asked["componentSpec"].get("jobs") or {}}


def latest_version(store: Store, kind: str, name: str) -> str | None:
    """Name the version of an asset that was made last, or return None where there is none."""
    container = store.get(keys.asset(kind, name))
    return container.get("latest") if container else None


def next_version(store: Store, kind: str, name: str) -> str:
    """Name the version that an asset gets when none is asked for."""
    versions = (version for version, _ in store.documents(keys.asset_versions(kind, name)))
    return str(max((int(version) for version in versions if version.isdigit()), default=0) + 1)


def record_version(
    store: Store, kind: str, name: str, version: str | None, properties: JsonObject, asked: JsonObject
) -> tuple[AssetVersion, bool]:
    """Store a version, the next one unless it is given; return the document, and whether it was there before.

    Raises:
        ContentFixed: it was, and its content is another.
    """
    now = time.time()
    with store.transaction():
        version = version or next_version(store, kind, name)
        existing = store.get(keys.asset_version(kind, name, version))
        if existing and _content(kind, existing["properties"], existing["asked"]) != _content(kind, properties, asked):
            raise ContentFixed(
                f"{kind.removesuffix('s').capitalize()} {name} with version {version} already exists and its content"
                " cannot be changed; create a new version."
            )
        created = existing["created"] if existing else now
        stored: AssetVersion = {"created": created, "modified": now, "properties": properties, "asked": asked}
        whole = keys.asset(kind, name)
        container = store.get(whole) or AssetContainer(created=now, modified=now, properties={}, archived=False)
        latest = container.get("latest") if existing else version
        container["modified"], container["latest"], container["data_type"] = now, latest, properties.get("dataType")
        store.put(whole, container)
        store.put(keys.asset_version(kind, name, version), stored)
    return stored, existing is not None
