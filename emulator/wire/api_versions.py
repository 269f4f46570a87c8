"""Fields that exist only in some api-versions; a response in another api-version leaves them out."""

from functools import cache

from emulator.wire.http import JsonObject

# Per kind of body: each field with the first stable and the first preview version whose spec has it.
_NEVER = "9999"
_SINCE = {
    "code": {"provisioningState": ("2023-04-01", "2023-02-01-preview")},
    "deployment": {"deploymentConfiguration": (_NEVER, "2023-02-01-preview")},
    "environment": {
        "autoDeleteSetting": (_NEVER, "2023-04-01-preview"),
        "autoRebuild": ("2022-10-01", "2023-02-01-preview"),
        "intellectualProperty": (_NEVER, "2023-04-01-preview"),
        "provisioningState": ("2023-04-01", "2023-02-01-preview"),
        "stage": ("2023-04-01", "2023-04-01-preview"),
    },
    "job": {
        "autologgerSettings": (_NEVER, "2022-10-01-preview"),
        "notificationSetting": (_NEVER, "2023-02-01-preview"),
        "queueSettings": ("2023-10-01", "2023-02-01-preview"),
        "secretsConfiguration": (_NEVER, "2023-04-01-preview"),
    },
    "job output": {
        "assetName": (_NEVER, "2022-12-01-preview"),
        "assetVersion": (_NEVER, "2022-12-01-preview"),
        "autoDeleteSetting": (_NEVER, "2023-04-01-preview"),
    },
    "job resources": {
        "locations": (_NEVER, "2023-02-01-preview"),
        "maxInstanceCount": (_NEVER, "2023-04-01-preview"),
    },
}


def supported_fields(kind: str, fields: JsonObject, api_version: str) -> JsonObject:
    """Return those ``fields`` of a body of ``kind`` that exist in ``api_version``; all of them if it is empty."""
    unsupported = _unsupported(kind, api_version)
    return {name: value for name, value in fields.items() if name not in unsupported}


@cache
def _unsupported(kind: str, api_version: str) -> frozenset[str]:
    preview = api_version.endswith("-preview")
    return frozenset(name for name, since in _SINCE[kind].items() if api_version and api_version < since[preview])
