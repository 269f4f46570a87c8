"""Connect to the workspace, on Azure or embedded; no other module knows which of the two it is."""

import logging
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration
from scripts.lib.packages import import_large
from scripts.lib.telling import results
from scripts.lib.workspace import repetition
from scripts.lib.workspace.clouds import PUBLIC, Cloud, cloud
from scripts.lib.workspace.links import use_studio

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

EMBEDDED = "embedded"
_VARIABLES = {
    "subscription_id": "AZURE_SUBSCRIPTION_ID",
    "resource_group": "AZURE_RESOURCE_GROUP",
    "workspace_name": "AZURE_ML_WORKSPACE",
}


@dataclass(frozen=True)
class Target:
    """What the user said of the workspace: all of it for Azure; nothing, or the name ``embedded``, for the embedded."""

    subscription_id: str | None = None
    resource_group: str | None = None
    workspace_name: str | None = None

    @property
    def missing(self) -> Sequence[str]:
        """Environment variables that would have to be set for Azure."""
        return [_VARIABLES[field.name] for field in fields(self) if not getattr(self, field.name)]

    @property
    def embedded(self) -> bool:
        """Whether the embedded workspace is meant.

        Raises:
            BadConfiguration: Azure is named in part; to take the embedded workspace then would release to nobody.
        """
        if self.workspace_name == EMBEDDED or len(self.missing) == len(_VARIABLES):
            return True
        if self.missing:
            raise BadConfiguration(
                f"Azure is named in part: {', '.join(self.missing)} is not set. Set it too, or ask for the embedded "
                f"workspace with `--workspace-name {EMBEDDED}`."
            )
        return False


@dataclass(frozen=True)
class Connection:
    """A connection to a workspace: the SDK's client, its credential, and a description for the user.

    ``state`` is the folder of the embedded workspace, None on Azure.
    """

    client: "MLClient"
    credential: Any
    description: str
    cloud: Cloud = PUBLIC
    state: Path | None = None


def connect(target: Target) -> Connection:
    """Connect to the workspace that ``target`` names, and tell the user which one it is.

    Raises:
        BadConfiguration: Azure is named in part, or the embedded workspace cannot live where it is asked to.
    """
    embedded = target.embedded
    _import_sdk_quietly()
    repetition.install()
    connection = _embedded() if embedded else _azure(target)
    results.tell(f"Workspace: {connection.description}")
    return connection


def _import_sdk_quietly() -> None:
    """Import the SDK without parts that are slow and unused, and without warnings that no user can act on."""
    warnings.filterwarnings("ignore", module=r"azure\.ai\.ml|marshmallow")
    # The SDK imports all of MLflow to rewrite a tracking URI that no command reads; without the plugin it skips that.
    sys.modules.setdefault("azureml.mlflow", None)  # type: ignore[arg-type]
    import_large("azure.ai.ml")
    for noisy in ("azure.ai.ml", "azure.core", "azure.identity", "azure.storage"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _azure(target: Target) -> Connection:
    from azure.ai.ml import MLClient

    from scripts.lib.workspace.credentials import azure_credential

    where = cloud()
    use_studio(where.studio, target.subscription_id, target.resource_group, target.workspace_name)
    credential = azure_credential(cloud=where)
    client = MLClient(
        credential,
        target.subscription_id,
        target.resource_group,
        target.workspace_name,
        show_progress=False,
        enable_telemetry=False,
        cloud=where.name,
    )
    place = f"{target.workspace_name} in {target.resource_group}, subscription {target.subscription_id}"
    return Connection(client, credential, f"Azure, {place}", cloud=where)


def _embedded() -> Connection:
    from azure.ai.ml import MLClient

    from emulator.client import activate
    from emulator.wire.errors import Unusable

    try:
        embedded = activate()
    except Unusable as error:
        raise BadConfiguration(str(error)) from error
    names = embedded.names
    use_studio("", None, None, None)
    client = MLClient(
        embedded.credential,
        names.subscription,
        names.group,
        names.workspace,
        show_progress=False,
        enable_telemetry=False,
    )
    state = embedded.workspace.state
    return Connection(client, embedded.credential, f"embedded, its state in {_short(state)}", state=state)


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
