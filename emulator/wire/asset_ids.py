"""References to assets: ARM ids, and the short form that YAML files use."""

import re
from typing import NamedTuple

# A request can name this in place of a version; it means the default version.
DEFAULT_VERSION = "azureml_default"

_ASSET_ID = re.compile(
    r"(?:azureml:)?/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers/Microsoft\.MachineLearningServices/"
    r"workspaces/[^/]+/(?P<kind>\w+)/(?P<name>[^/]+)(?:/labels/(?:default|latest)|/versions/(?P<version>[^/]+))?",
    re.IGNORECASE,
)
_SHORT_ASSET = re.compile(r"azureml:(?P<name>[^:/@]+)(?::(?P<version>[^:/@]+)|@(?P<label>[^:/@]+))")


class ShortReference(NamedTuple):
    """An asset as YAML names it: ``azureml:NAME:VERSION`` or ``azureml:NAME@LABEL``."""

    name: str
    version: str | None
    label: str | None


def parse_asset_id(identity: str) -> tuple[str, str, str | None] | None:
    """Split an ARM id of an asset into its kind, name and version, or return None.

    The version is None if the id has no version, or a label that means the latest version.
    """
    match = _ASSET_ID.fullmatch(identity)
    if match is None:
        return None
    return match["kind"].lower(), match["name"], None if match["version"] == DEFAULT_VERSION else match["version"]


def parse_short_reference(reference: str) -> ShortReference | None:
    """Split ``azureml:NAME:VERSION`` or ``azureml:NAME@LABEL``, or return None."""
    match = _SHORT_ASSET.fullmatch(reference)
    return ShortReference(match["name"], match["version"], match["label"]) if match else None


def resource_name(reference: str) -> str:
    """Return the name of the compute or datastore that an ARM id, ``azureml:NAME`` or a plain name refers to."""
    parsed = parse_asset_id(reference)
    return parsed[1] if parsed else reference.removeprefix("azureml:")
