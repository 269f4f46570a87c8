"""Fields that only some api-versions know; the service leaves them out of an answer in any other."""

from functools import cache

from emulator.wire.http import JsonObject

# Per kind of answer: each field with the first stable and the first preview version whose spec has it.
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


def known(kind: str, fields: JsonObject, api_version: str) -> JsonObject:
    """Return the ``fields`` of an answer of ``kind`` that ``api_version`` knows; all of them where none is asked."""
    unknown = _unknown(kind, api_version)
    return {name: value for name, value in fields.items() if name not in unknown}


@cache
def _unknown(kind: str, api_version: str) -> frozenset[str]:
    preview = api_version.endswith("-preview")
    return frozenset(name for name, since in _SINCE[kind].items() if api_version and api_version < since[preview])
