"""What lies around the workspace and decides what works in it: rights, storage, network, quota, names of others.

``azure.json`` in the state folder describes it; without that file everything is allowed and nothing is short.
"""

import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from emulator.wire.errors import Unusable

FILE = "azure.json"
CALLER = "caller"
_KEYS = ("sign_in", "grants", "storage", "network", "quota", "endpoint_names_taken", "images_missing")
_GRANT_KEYS = ("principal", "role", "scope", "actions", "not_actions", "data_actions", "not_data_actions")
_STORAGE_KEYS = ("keys", "datastores", "firewall")


@dataclass(frozen=True)
class Grant:
    """A role that a principal has on a scope and all below it: what it allows, and what it takes out of that."""

    principal: str
    role: str
    scope: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def covers(self, scope: str) -> bool:
        """Tell whether the role counts for ``scope``."""
        return f"{scope}/".lower().startswith(f"{self.scope.rstrip('/')}/".lower())

    def allows(self, action: str, data: bool) -> bool:
        """Tell whether the role allows an action of the control plane, or with ``data`` of the data in storage."""
        some, none = (self.data_actions, self.not_data_actions) if data else (self.actions, self.not_actions)
        return _any(some, action) and not _any(none, action)


def _any(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


@dataclass(frozen=True)
class Surroundings:
    """The surroundings as they are now; ``grants`` is None where nobody is refused anything."""

    sign_in: str | None = None
    grants: tuple[Grant, ...] | None = None
    keys: bool = True
    identity_based: bool = False
    firewall: bool = False
    public: bool = True
    quota: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    names_taken: frozenset[str] = frozenset()
    images_missing: frozenset[str] = frozenset()

    def of(self, principal: str, scope: str) -> list[Grant]:
        """Return the roles that count for ``principal`` on ``scope``."""
        found = [grant for grant in self.grants or () if grant.principal == principal]
        return [grant for grant in found if grant.covers(scope)]

    def allows(self, action: str, scope: str, data: bool = False, principal: str = CALLER) -> bool:
        """Tell whether ``principal`` may do ``action`` on ``scope``."""
        return self.grants is None or any(grant.allows(action, data) for grant in self.of(principal, scope))


def surroundings(state: Path) -> Surroundings:
    """Return what ``azure.json`` in the state folder says now.

    Raises:
        Unusable: it cannot be read, or says what is not understood.
    """
    path = state / FILE
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return Surroundings()
    return _read(path, changed)


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> Surroundings:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from None
    _require_known(path, "", said, _KEYS)
    storage = said.get("storage") or {}
    _require_known(path, "storage: ", storage, _STORAGE_KEYS)
    for grant in said.get("grants") or ():
        _require_known(path, "grants: ", grant, _GRANT_KEYS)
    return Surroundings(
        sign_in=said.get("sign_in"),
        grants=None if said.get("grants") is None else tuple(_grant(grant) for grant in said["grants"]),
        keys=bool(storage.get("keys", True)),
        identity_based=storage.get("datastores") == "identity",
        firewall=bool(storage.get("firewall", False)),
        public=said.get("network", "public") == "public",
        quota={family: (int(used), int(limit)) for family, (used, limit) in (said.get("quota") or {}).items()},
        names_taken=frozenset(said.get("endpoint_names_taken") or ()),
        images_missing=frozenset(said.get("images_missing") or ()),
    )


def _grant(said: dict[str, Any]) -> Grant:
    lists = {key: tuple(said.get(key) or ()) for key in _GRANT_KEYS[3:]}
    return Grant(str(said.get("principal", CALLER)), str(said["role"]), str(said["scope"]), **lists)


def _require_known(path: Path, where: str, said: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(said, dict):
        raise Unusable(f"{path}: {where}expected keys and values, found {said!r}.")
    for key in said:
        if key not in keys:
            raise Unusable(f"{path}: {where}unknown key {key!r}; the keys are {', '.join(keys)}.")
