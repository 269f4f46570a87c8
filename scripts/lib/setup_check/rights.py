"""Check the caller's rights on the workspace against the role that the release line needs."""

import fnmatch
import json
from collections.abc import Iterable, Mapping
from typing import Any

from scripts.lib.repository.files import ROLE_FILE
from scripts.lib.setup_check.check import Check, result
from scripts.lib.setup_check.place import RELEASE_ROLE, Place

_SHOWN = 3


def needed_actions() -> list[str]:
    """Return the actions that the release line needs in a workspace, as Azure names them."""
    return list(json.loads(ROLE_FILE.read_text(encoding="utf-8"))["Actions"])


def check_rights(permissions: Iterable[Mapping[str, Any]], place: Place) -> Check:
    """Check that the roles' ``permissions``, as the permissions API answers them, allow all that a release does."""
    roles = list(permissions)
    lacking = [action for action in needed_actions() if not any(allows(role, action) for role in roles)]
    shown = ", ".join(action.removeprefix("Microsoft.MachineLearningServices/") for action in lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    found = f"not granted: {shown}{more}" if lacking else f"all {len(needed_actions())} actions of the role"
    return result("rights", not lacking, found, place.grant(RELEASE_ROLE, place.arm))


def allows(role: Mapping[str, Any], action: str) -> bool:
    """Return whether a role allows an action; notActions are what is taken out of its actions."""

    def matches(patterns: Iterable[str]) -> bool:
        return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    return matches(role.get("actions", [])) and not matches(role.get("notActions", []))
