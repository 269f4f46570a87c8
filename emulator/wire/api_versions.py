"""Fields that exist only in some api-versions; a response in another api-version leaves them out."""

from functools import cache

from emulator.wire.http import JsonObject

# Per kind of body: each field with the first stable and the first preview version whose spec has it, and the preview
# version that dropped it. A response shows all fields of its version, with null if they have no value.
_NEVER = "9999"
_PREVIEW_ONLY = (_NEVER, "2023-04-01-preview", "2024-10-01-preview")
_SINCE_2023 = ("2023-04-01", "2023-02-01-preview")
_SINCE: dict[str, dict[str, tuple[str, ...]]] = {
    "code": {"autoDeleteSetting": _PREVIEW_ONLY, "provisioningState": _SINCE_2023},
    "component": {
        "autoDeleteSetting": _PREVIEW_ONLY,
        "provisioningState": _SINCE_2023,
        "stage": _PREVIEW_ONLY,
    },
    "container": {"provisioningState": _SINCE_2023},
    "data": {
        "autoDeleteSetting": _PREVIEW_ONLY,
        "intellectualProperty": _PREVIEW_ONLY,
        "stage": _PREVIEW_ONLY,
    },
    "datastore": {
        "intellectualProperty": _PREVIEW_ONLY,
        "resourceGroup": ("2023-10-01", "2023-02-01-preview"),
        "subscriptionId": ("2023-10-01", "2023-02-01-preview"),
    },
    "deployment": {"deploymentConfiguration": (_NEVER, "2023-02-01-preview")},
    "environment": {
        "autoDeleteSetting": _PREVIEW_ONLY,
        "autoRebuild": ("2022-10-01", "2023-02-01-preview"),
        "intellectualProperty": _PREVIEW_ONLY,
        "provisioningState": _SINCE_2023,
        "stage": ("2023-04-01", "2023-04-01-preview"),
    },
    "model": {
        "autoDeleteSetting": _PREVIEW_ONLY,
        "intellectualProperty": _PREVIEW_ONLY,
        "provisioningState": _SINCE_2023,
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


def complete_fields(kind: str, fields: JsonObject, api_version: str) -> JsonObject:
    """Return ``fields`` as they are in ``api_version``, with null for each field of this table that has no value."""
    absent = dict.fromkeys(name for name in _SINCE[kind] if name not in fields)
    return supported_fields(kind, {**fields, **absent}, api_version)


@cache
def _unsupported(kind: str, api_version: str) -> frozenset[str]:
    preview = api_version.endswith("-preview")
    return frozenset(
        name
        for name, (stable, first, *dropped) in _SINCE[kind].items()
        if api_version
        and (api_version < (first if preview else stable) or (preview and api_version >= min(dropped, default=_NEVER)))
    )
