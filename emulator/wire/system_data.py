"""``systemData``: who made a resource and changed it, and when, in the forms that the service writes."""

from typing import Any

from emulator.wire.names import SYSTEM_CREATOR, now_text

WORKSPACE_CREATED = "2026-01-01T00:00:00.0000000"


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


def without(facts: dict[str, str], *who: str) -> dict[str, str]:
    """Return ``facts`` without naming anybody, which the service does for some kinds of documents."""
    return {key: value for key, value in facts.items() if key.removesuffix("Type") not in who}


def born(creator: str, zone: str) -> dict[str, str]:
    """Tell when the workspace, and what comes with it, was made; ``zone`` is how the time ends."""
    return {
        "createdAt": WORKSPACE_CREATED + zone,
        "createdBy": SYSTEM_CREATOR,
        "createdByType": creator,
        "lastModifiedAt": WORKSPACE_CREATED + zone,
        "lastModifiedBy": SYSTEM_CREATOR,
        "lastModifiedByType": creator,
    }
