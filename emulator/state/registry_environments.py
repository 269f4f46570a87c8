"""Environments of registries that a file on this machine describes; jobs use a copy in the workspace."""

import hashlib
import json

from emulator.state.registries import RegistryAsset, find_asset
from emulator.state.versions import record_version
from emulator.state.workspace import Workspace
from emulator.wire.errors import bad_request
from emulator.wire.http import JsonObject


def resolved_environment(workspace: Workspace, identity: str) -> str:
    """Return the id of the environment that a job runs in: a copy of a registry's, or else ``identity``.

    Raises:
        ServiceError: the file that describes the environment names another that cannot be read.
    """
    asset = find_asset(identity)
    if asset is None:
        return identity
    content = {"image": asset.content.get("image"), **_content(asset)}
    return store_anonymous_environment(workspace, f"registry-{asset.name}", content)


def store_anonymous_environment(workspace: Workspace, name: str, content: JsonObject) -> str:
    """Store an environment with the image, conda file or build context in ``content``; return its id.

    Its version is a digest of its content.
    """
    properties: JsonObject = {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": True,
        "environmentType": "UserCreated",
        "osType": "Linux",
        **content,
    }
    version = hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:32]
    record_version(workspace.store, "environments", name, version, properties, {})
    return f"azureml:{workspace.names.arm}/environments/{name}/versions/{version}"


def _content(asset: RegistryAsset) -> JsonObject:
    """Return the conda file as the service stores it, or where the build context is."""
    folder = asset.file.parent
    if build := asset.content.get("build"):
        context = (folder / str(build.get("path") or ".")).resolve()
        return {
            "build": {
                "contextUri": f"file://{context}",
                "dockerfilePath": str(build.get("dockerfile_path") or "Dockerfile"),
            }
        }
    conda = asset.content.get("conda_file")
    if isinstance(conda, str):
        import yaml

        try:
            conda = yaml.safe_load((folder / conda).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise bad_request(f"The conda file of {asset.file.name} cannot be read: {error}.") from None
    return {"condaFile": json.dumps(conda, indent=2)} if conda else {}
