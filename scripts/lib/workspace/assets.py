"""Create the assets and the compute that a release needs; leave those that exist already as they are."""

import contextlib
import io
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.data.locating import as_table
from scripts.lib.data.source import DataSource
from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.repository.compiled import CompiledComponent, CompiledEnvironment
from scripts.lib.repository.data_types import FOLDER, TABLE, asset_name
from scripts.lib.telling import results
from scripts.lib.workspace.data_places import DIGEST_TAG, HOW_TO
from scripts.lib.workspace.writing import create_once

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Data

_SHORT = 12


@contextlib.contextmanager
def _quiet_upload() -> Iterator[None]:
    """Drop what the SDK prints while it uploads, and let an upload that fails end.

    Only where the SDK shows progress does it look at what became of the files of a folder. Without, it waits for ever
    for those that failed. So it is told to show progress, to nobody.
    """
    from azure.ai.ml._artifacts import _blob_storage_helper

    upload = _blob_storage_helper.upload_directory
    _blob_storage_helper.upload_directory = lambda **given: upload(**{**given, "show_progress": True})
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        _blob_storage_helper.upload_directory = upload


def ensure_environment(client: "MLClient", environment: CompiledEnvironment) -> bool:
    """Create the environment unless this version exists; return whether it was created."""
    from azure.ai.ml import load_environment

    return create_once(
        lambda: client.environments.get(environment.name, environment.version),
        lambda: client.environments.create_or_update(
            load_environment(environment.path, params_override=[{"version": environment.version}])
        ),
        f"environment {environment.name}:{environment.version}",
    )


def data_version(source: DataSource) -> str:
    """Return the version of the data asset that holds this content."""
    return source.digest[:_SHORT]


def ensure_data(client: "MLClient", source: DataSource, name: str, kind: str = FOLDER) -> tuple[str, bool]:
    """Upload the data as the asset ``name`` unless its content exists; return ``NAME:VERSION``, and whether it was new.

    The version is a digest of the content: the same data is the same version, in every workspace. Data that lies in
    the workspace already stays where it is, and the asset names that place. As a table it is an asset of another name.

    Raises:
        BadConfiguration: a table is wanted, and the data in the workspace is none.
    """
    from azure.ai.ml.entities import Data

    name, version = asset_name(name, kind), data_version(source)
    reference = f"{name}:{version}"

    def upload() -> None:
        asset = Data(
            name=name,
            version=version,
            type=kind,
            path=source.address or str(source.folder),
            description=source.description,
            tags={DIGEST_TAG: f"sha256:{source.digest}", "rows": str(source.rows), "synthetic": str(source.synthetic)},
        )
        if source.address:
            if kind == TABLE and not source.is_table:
                raise BadConfiguration(
                    f"{source.address} is not an asset of type {TABLE}, which the data of a variant is declared as. "
                    f"{HOW_TO[TABLE]}."
                )
            results.tell(f"    registering the data where it lies, as {reference}")
            client.data.create_or_update(asset)
            return
        size = sum(path.stat().st_size for path in source.folder.rglob("*") if path.is_file())
        results.tell(f"    uploading the data, {size / 1e6:.1f} MB, as {reference}")
        with _quiet_upload(), tempfile.TemporaryDirectory() as place:
            if kind == TABLE:
                asset.path = as_table(source.folder, Path(place))
            _upload_data(client, asset)

    return reference, create_once(lambda: client.data.get(name, version=version), upload, f"data {reference}")


def _upload_data(client: "MLClient", asset: "Data") -> None:
    """Upload a folder, even if an earlier upload of the same content was interrupted.

    The SDK fails on the files of an interrupted upload, unless the first file is among them. A folder with another
    name is uploaded to another place, so the second attempt uploads a renamed copy.
    """
    from azure.core.exceptions import ResourceExistsError

    try:
        client.data.create_or_update(asset)
    except ResourceExistsError:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(str(asset.path))
            asset.path = shutil.copytree(folder, Path(place) / f"{folder.name}-{secrets.token_hex(4)}")
            client.data.create_or_update(asset)


def data_digest(client: "MLClient", name: str, version: str) -> str:
    """Return the content digest that a version of the data asset carries.

    Raises:
        ReleaseError: it has none, so evidence could not name the data.
    """
    digest = (client.data.get(name, version=version).tags or {}).get(DIGEST_TAG)
    if not digest:
        raise ReleaseError(
            f"Data asset {name}:{version} has no tag {DIGEST_TAG}; create it with `python -m scripts.setup_workspace "
            f"--data azureml:{name}:{version}`, which leaves the files where they are."
        )
    return str(digest)


def ensure_component(client: "MLClient", component: CompiledComponent) -> bool:
    """Register a component and the components of its steps, unless this version exists; return whether it was new."""
    return create_once(
        lambda: client.components.get(component.name, component.version),
        lambda: _register(client, component),
        f"component {component.name}:{component.version}",
    )


def _register(client: "MLClient", component: CompiledComponent) -> None:
    from azure.ai.ml import load_component

    overrides: list[dict[str, Any]] = [{"name": component.name}, {"version": component.version}]
    if component.environment:
        ensure_environment(client, component.environment)
        overrides.append({"environment": component.environment.reference})
    if component.includes:
        overrides.append({"additional_includes": list(component.includes)})
    for step, used in component.uses.items():
        ensure_component(client, used)
        overrides.append({f"jobs.{step}.component": used.reference})
    wanted = load_component(component.path, params_override=overrides)
    with _quiet_upload():
        client.components.create_or_update(wanted)
