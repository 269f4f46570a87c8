"""``systemData``: who made a resource and changed it, and when, in the forms that the service writes."""

from emulator.state.records import Resource
from emulator.wire.names import SYSTEM_CREATOR, now_text

Fields = tuple[str, ...]
FULL: Fields = ("createdAt", "createdBy", "createdByType", "lastModifiedAt", "lastModifiedBy", "lastModifiedByType")
OF_DATA: Fields = ("createdAt", "createdBy", "createdByType", "lastModifiedAt")
OF_COMPONENT: Fields = ("createdAt", "lastModifiedAt")
OF_ENDPOINT: Fields = ("createdAt", "createdBy", "lastModifiedAt")
OF_JOB: Fields = ("createdAt", "createdBy", "createdByType")
OF_INVOCATION: Fields = ("createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy")
WORKSPACE_CREATED = "2026-01-01T00:00:00.0000000"


def system_data(stored: Resource, form: Fields = FULL) -> dict[str, str]:
    """Tell of a stored document when it was made and changed; ``form`` names the fields."""
    return _written(now_text(stored["created"]), now_text(stored["modified"]), "User", form)


def job_system_data(created: float, form: Fields = OF_JOB) -> dict[str, str]:
    """Tell when a job was made; what changes it does not count."""
    return _written(now_text(created), now_text(created), "User", form)


def born(creator: str, zone: str) -> dict[str, str]:
    """Tell when the workspace, and what comes with it, was made; ``zone`` is how the time ends."""
    return _written(WORKSPACE_CREATED + zone, WORKSPACE_CREATED + zone, creator, FULL)


def _written(created: str, modified: str, creator: str, form: Fields) -> dict[str, str]:
    values = (created, SYSTEM_CREATOR, creator, modified, SYSTEM_CREATOR, creator)
    return {field: value for field, value in zip(FULL, values, strict=True) if field in form}
