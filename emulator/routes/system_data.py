"""``systemData`` of responses: who created and changed a resource, and when, in the forms that the service uses."""

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
    """Return ``systemData`` of a stored document with the fields in ``form``."""
    return _fields(now_text(stored["created"]), now_text(stored["modified"]), "User", form)


def job_system_data(created: float, form: Fields = OF_JOB) -> dict[str, str]:
    """Return ``systemData`` of a job that was created at ``created``; changes of a job are not recorded there."""
    return _fields(now_text(created), now_text(created), "User", form)


def workspace_system_data(creator: str, zone: str) -> dict[str, str]:
    """Return ``systemData`` of the workspace and what it has from the start; ``zone`` is the end of the times."""
    return _fields(WORKSPACE_CREATED + zone, WORKSPACE_CREATED + zone, creator, FULL)


def _fields(created: str, modified: str, creator: str, form: Fields) -> dict[str, str]:
    values = (created, SYSTEM_CREATOR, creator, modified, SYSTEM_CREATOR, creator)
    return {field: value for field, value in zip(FULL, values, strict=True) if field in form}
