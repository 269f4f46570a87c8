"""Registries: components and environments of ``azureml://registries/…`` that are YAML files in a folder of the user.

``AZUREML_EMULATOR_REGISTRIES`` names the folder; a registry is a folder in it, with the YAML files of its assets at any
depth, in the form in which the CLI creates them.
"""

import hashlib
import os
import re
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from emulator.state import keys
from emulator.state.records import AssetVersion, Code
from emulator.state.workspace import Workspace
from emulator.wire.errors import ServiceError, bad_request, unsupported
from emulator.wire.http import JsonObject

FOLDER_VARIABLE = "AZUREML_EMULATOR_REGISTRIES"
SCHEME = "azureml://registries/"
_REFERENCE = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/(?P<kind>components|environments)/(?P<name>[^/@:]+)"
    r"(?:/versions/(?P<version>[^/]+)|/labels/latest|@latest)?"
)
_LOCAL = re.compile(r"\.{0,2}/|[\w-]+/.*\.ya?ml$|[\w-]+\.ya?ml$")


class RegistryAsset(NamedTuple):
    """An asset of a registry: its name and version, its content, and the file that describes it."""

    name: str
    version: str
    content: JsonObject
    file: Path


def find_asset(reference: str) -> RegistryAsset | None:
    """Return the component or environment of a registry that ``reference`` names, or None if no file describes it."""
    match, root = _REFERENCE.fullmatch(reference), os.environ.get(FOLDER_VARIABLE)
    if match is None or not root:
        return None
    place = Path(root) / match["registry"]
    found = [
        asset
        for asset in (_read(path, match["kind"]) for path in sorted(place.rglob("*.y*ml")))
        if asset and asset.name == match["name"] and match["version"] in (None, asset.version)
    ]
    return max(found, key=lambda asset: _order(asset.version)) if found else None


def _read(path: Path, kind: str) -> RegistryAsset | None:
    """Return the asset that a file describes, or None if it describes none of the ``kind``."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(content, dict) or not content.get("name"):
        return None
    is_environment = any(key in content for key in ("image", "build", "conda_file"))
    is_component = "command" in content or "task" in content or "jobs" in content
    if not (is_environment and not is_component if kind == "environments" else is_component):
        return None
    return RegistryAsset(str(content["name"]), str(content.get("version") or "1"), content, path)


def _order(version: str) -> list[tuple[int, int, str]]:
    """Return what sorts versions: numbers by their value, and texts by their letters."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"[.-]", version)]


def registry_component(workspace: Workspace, reference: str) -> AssetVersion:
    """Return a component of a registry, in the form of one of the workspace.

    Raises:
        ServiceError: no file describes it, or it asks for what this workspace does not have.
    """
    asset = find_asset(reference)
    if asset is None:
        raise unsupported(
            f"The component {reference}, of which no file in the folder {FOLDER_VARIABLE} describes that version,"
        )
    return _component(workspace, asset.content, asset.file)


def _component(workspace: Workspace, content: JsonObject, file: Path) -> AssetVersion:
    """Return a component from the content of its YAML file."""
    spec: JsonObject = {"type": "command", **{key: value for key, value in content.items() if key != "$schema"}}
    task = spec.get("task")
    for part in (spec, task) if isinstance(task, dict) else (spec,):
        if isinstance(part.get("code"), str):
            part["code"] = _code(workspace, (file.parent / part["code"]).resolve())
        if isinstance(part.get("environment"), dict):
            raise unsupported(f"An environment inside of the component {spec['name']} of a registry")
    spec["jobs"] = {name: _step(job, file) for name, job in (spec.get("jobs") or {}).items()}
    requested: JsonObject = {"componentSpec": spec}
    changed = file.stat().st_mtime
    return {"created": changed, "modified": changed, "properties": requested, "requested": requested}


def _step(job: Any, file: Path) -> JsonObject:
    """Return a step of a pipeline component, with the id of its component.

    Raises:
        ServiceError: its component is neither a file nor one of a registry or of the workspace.
    """
    component = str(job.get("component") or "")
    if _LOCAL.match(component):
        component = f"file://{(file.parent / component).resolve()}"
    elif not component.startswith("azureml:"):
        raise bad_request(f"The component {component!r} of a step in {file.name} is not valid.", "ArgumentInvalid")
    return {**job, "componentId": component}


def component_in_file(workspace: Workspace, reference: str) -> AssetVersion:
    """Return the component in a YAML file beside that of a registry's pipeline, by its ``file://`` address.

    Raises:
        ServiceError: the file is outside of the registries, or no component.
    """
    path, root = Path(reference.removeprefix("file://")), os.environ.get(FOLDER_VARIABLE)
    inside = bool(root) and path.resolve().is_relative_to(Path(str(root)).resolve())
    asset = _read(path, "components") if inside and path.is_file() else None
    if asset is None:
        raise ServiceError(404, "NotFound", f"key: {reference}, Message: Not found component {path.name}.")
    return _component(workspace, asset.content, asset.file)


def _code(workspace: Workspace, folder: Path) -> str:
    """Store the code in a local folder or file under the digest of its content; return its id."""
    digest = _digest(folder, max((path.stat().st_mtime_ns for path in _files(folder)), default=0))
    now = time.time()
    properties: JsonObject = {"codeUri": f"file://{folder}", "properties": {"hash_sha256": digest}}
    workspace.store.put(keys.code(digest[:32], "1"), Code(created=now, modified=now, properties=properties))
    return f"azureml:{workspace.names.arm}/codes/{digest[:32]}/versions/1"


@cache
def _digest(folder: Path, _newest: int) -> str:
    content = hashlib.sha256(str(folder).encode())
    for path in _files(folder):
        content.update(str(path).encode() + path.read_bytes())
    return content.hexdigest()


def _files(folder: Path) -> list[Path]:
    return [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
