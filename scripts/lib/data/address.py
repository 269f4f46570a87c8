"""Where data lies that stays where it is: a data asset of the workspace, or a folder of one of its datastores."""

import re
from dataclasses import dataclass

from scripts.lib.errors import BadConfiguration

_NAME = r"[A-Za-z0-9][\w.-]*"
_ASSET = re.compile(rf"azureml:(?P<name>{_NAME})(?::(?P<version>{_NAME})|@(?P<label>{_NAME}))")
_FOLDER = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/workspaces/[^/]+/)?datastores/[^/]+/paths/.+"
)
_FORMS = (
    "azureml:NAME:VERSION or azureml:NAME@latest for a data asset, azureml://datastores/NAME/paths/FOLDER for a folder "
    "of a datastore"
)


@dataclass(frozen=True)
class DataAddress:
    """An address as it was given; ``name`` and ``version`` or ``label`` are those of a data asset, else empty."""

    text: str
    name: str = ""
    version: str = ""
    label: str = ""

    def __str__(self) -> str:
        return self.text


def address_of(text: str) -> DataAddress | None:
    """Return what a text addresses in the workspace, or None where it is the path of a file or folder here.

    Raises:
        BadConfiguration: it is an address of another form; the message says which are known.
    """
    if found := _ASSET.fullmatch(text):
        return DataAddress(text, **{name: value or "" for name, value in found.groupdict().items()})
    if _FOLDER.fullmatch(text):
        return DataAddress(text)
    if text.startswith("azureml:") or "://" in text:
        raise BadConfiguration(f"{text!r} is no address of data in the workspace. Give {_FORMS}.")
    return None
