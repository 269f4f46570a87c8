"""The surroundings of the workspace in Azure: role assignments, storage and network settings, quota, names in use.

The file ``azure.json`` in the state folder describes them. Without it everything is allowed and available.
"""

import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from emulator.wire.errors import Unusable
from emulator.wire.http import JsonObject

FILE = "azure.json"
CALLER = "caller"
_KEYS = ("sign_in", "grants", "storage", "network", "quota", "endpoint_names_taken", "images_missing")
_GRANT_KEYS = ("principal", "role", "scope", "actions", "not_actions", "data_actions", "not_data_actions")
_STORAGE_KEYS = ("keys", "datastores", "firewall")


@dataclass(frozen=True)
class Grant:
    """A role assignment: a role that a principal has on a scope and all below it, with the actions of the role."""

    principal: str
    role: str
    scope: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def covers(self, scope: str) -> bool:
        """Return whether the role applies to ``scope``."""
        return f"{scope}/".lower().startswith(f"{self.scope.rstrip('/')}/".lower())

    def allows(self, action: str, data: bool) -> bool:
        """Return whether the role allows ``action``, which is a data action if ``data`` is true."""
        allowed, excluded = (self.data_actions, self.not_data_actions) if data else (self.actions, self.not_actions)
        return _matches_any(allowed, action) and not _matches_any(excluded, action)


def _matches_any(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


@dataclass(frozen=True)
class Surroundings:
    """The current surroundings; ``grants`` is None if everything is allowed, ``quota`` is (used, limit) in cores."""

    sign_in: str | None = None
    grants: tuple[Grant, ...] | None = None
    keys: bool = True
    identity_based: bool = False
    firewall: bool = False
    public: bool = True
    quota: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    names_taken: frozenset[str] = frozenset()
    images_missing: frozenset[str] = frozenset()

    def grants_of(self, principal: str, scope: str) -> list[Grant]:
        """Return the role assignments of ``principal`` that apply to ``scope``."""
        found = [grant for grant in self.grants or () if grant.principal == principal]
        return [grant for grant in found if grant.covers(scope)]

    def allows(self, action: str, scope: str, data: bool = False, principal: str = CALLER) -> bool:
        """Return whether ``principal`` may do ``action`` on ``scope``; ``data`` marks a data action."""
        return self.grants is None or any(grant.allows(action, data) for grant in self.grants_of(principal, scope))


def read_surroundings(state: Path) -> Surroundings:
    """Return the surroundings that ``azure.json`` in the folder ``state`` describes.

    Raises:
        Unusable: the file cannot be read or has unknown content.
    """
    path = state / FILE
    try:
        modified = path.stat().st_mtime_ns
    except FileNotFoundError:
        return Surroundings()
    return _read(path, modified)


@lru_cache(maxsize=8)
def _read(path: Path, modified: int) -> Surroundings:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from None
    _require_keys(path, "", content, _KEYS)
    storage = content.get("storage") or {}
    _require_keys(path, "storage: ", storage, _STORAGE_KEYS)
    for grant in content.get("grants") or ():
        _require_keys(path, "grants: ", grant, _GRANT_KEYS)
    return Surroundings(
        sign_in=content.get("sign_in"),
        grants=None if content.get("grants") is None else tuple(_grant(grant) for grant in content["grants"]),
        keys=bool(storage.get("keys", True)),
        identity_based=storage.get("datastores") == "identity",
        firewall=bool(storage.get("firewall", False)),
        public=content.get("network", "public") == "public",
        quota={family: (int(used), int(limit)) for family, (used, limit) in (content.get("quota") or {}).items()},
        names_taken=frozenset(content.get("endpoint_names_taken") or ()),
        images_missing=frozenset(content.get("images_missing") or ()),
    )


def _grant(content: JsonObject) -> Grant:
    lists = {key: tuple(content.get(key) or ()) for key in _GRANT_KEYS[3:]}
    return Grant(str(content.get("principal", CALLER)), str(content["role"]), str(content["scope"]), **lists)


def _require_keys(path: Path, where: str, content: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(content, dict):
        raise Unusable(f"{path}: {where}expected keys and values, found {content!r}.")
    for key in content:
        if key not in keys:
            raise Unusable(f"{path}: {where}unknown key {key!r}; the keys are {', '.join(keys)}.")
