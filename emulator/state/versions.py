"""Versions of assets in the store: made once, never changed in what matters."""

import time
from typing import Any

from emulator.state.documents import Store

_FIXED = {
    "environments": ("image", "condaFile", "build"),
    "data": ("dataUri", "dataType"),
    "models": ("modelUri", "modelType"),
}
# What of a component's specification says how it is shown, not what it does.
_SHOWN = ("$schema", "description", "display_name", "tags", "version")


class ContentFixed(Exception):
    """The version exists, with other content."""


def _content(kind: str, properties: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return what of a version may never change."""
    if kind != "components":
        return {key: properties.get(key) for key in _FIXED[kind]}
    spec = {key: value for key, value in properties["componentSpec"].items() if key not in _SHOWN}
    return {**spec, "jobs": asked["componentSpec"].get("jobs") or {}}


def next_version(store: Store, kind: str, name: str) -> str:
    """Name the version that an asset gets when none is asked for."""
    versions = (version for version, _ in store.documents(f"{kind}/{name}/versions"))
    return str(max((int(version) for version in versions if version.isdigit()), default=0) + 1)


def record_version(
    store: Store, kind: str, name: str, version: str | None, properties: dict[str, Any], asked: dict[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Store a version, the next one unless it is given; return the document, and whether it was there before.

    Raises:
        ContentFixed: it was, and its content is another.
    """
    now = time.time()
    container_id = f"{kind}/{name}"
    with store.transaction():
        version = version or next_version(store, kind, name)
        existing = store.get(f"{container_id}/versions/{version}")
        if existing and _content(kind, existing["properties"], existing["asked"]) != _content(kind, properties, asked):
            raise ContentFixed(
                f"{kind.removesuffix('s').capitalize()} {name} with version {version} already exists and its content"
                " cannot be changed; create a new version."
            )
        created = existing["created"] if existing else now
        stored = {"created": created, "modified": now, "properties": properties, "asked": asked}
        container = store.get(container_id) or {"created": now, "properties": {}, "archived": False}
        latest = container.get("latest") if existing else version
        store.put(
            container_id, {**container, "modified": now, "latest": latest, "data_type": properties.get("dataType")}
        )
        store.put(f"{container_id}/versions/{version}", stored)
    return stored, existing is not None
