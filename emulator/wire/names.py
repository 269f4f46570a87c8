"""Names, ids and times in the form that requests and responses have."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

REGION = "eastus"
PROVIDER = "Microsoft.MachineLearningServices"
MANAGEMENT = "management.azure.com"
API = f"{REGION}.api.azureml.ms"
SCORING_SUFFIX = f".{REGION}.inference.ml.azure.com"
STORAGE_SUFFIX = ".blob.core.windows.net"
REGISTRY = "mcr.microsoft.com"
SYSTEM_CREATOR = "embedded"


@dataclass(frozen=True)
class Names:
    """The names and ids of a workspace; the defaults are those of the embedded one."""

    subscription: str = "00000000-0000-0000-0000-000000000000"
    group: str = "embedded"
    workspace: str = "embedded"
    workspace_id: str = "00000000-0000-0000-0000-00000000e3b1"
    tenant: str = "00000000-0000-0000-0000-0000000000aa"
    account: str = "embeddedstorage"

    @property
    def arm(self) -> str:
        """ARM id of the workspace."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/{PROVIDER}/workspaces/{self.workspace}"
        )

    @property
    def datastore_root(self) -> str:
        """Start of the long form of a path on a datastore of this workspace."""
        return (
            f"azureml://subscriptions/{self.subscription}/resourcegroups/{self.group}"
            f"/workspaces/{self.workspace}/datastores"
        )

    @property
    def default_container(self) -> str:
        """Container of ``workspaceblobstore``."""
        return f"azureml-blobstore-{self.workspace_id}"

    @property
    def storage_host(self) -> str:
        """Host of the workspace's storage account."""
        return self.account + STORAGE_SUFFIX

    @property
    def tracking_uri(self) -> str:
        """MLflow tracking URI of the workspace."""
        return f"azureml://{API}/mlflow/v1.0{self.arm}"

    def asset_id(self, kind: str, name: str, version: str) -> str:
        """Return the id of an asset in the form of the data plane."""
        return f"azureml://locations/{REGION}/workspaces/{self.workspace_id}/{kind}/{name}/versions/{version}"


def now_text(timestamp: float | None = None) -> str:
    """Return a time (seconds since the epoch; None is now) as the service writes it: UTC, seven decimals."""
    moment = datetime.now(timezone.utc) if timestamp is None else datetime.fromtimestamp(timestamp, timezone.utc)
    return f"{moment.isoformat(timespec='microseconds')[:26]}0+00:00"


_TO_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """Turn ``UriFolder`` into ``uri_folder``; the service uses both forms."""
    return _TO_SNAKE.sub("_", name).lower().replace("ml_flow", "mlflow").replace("mlflowmodel", "mlflow_model")


def pascal(name: str) -> str:
    """Turn ``uri_folder`` into ``UriFolder``, the form in which outputs of runs name their types."""
    special = {"mlflow_model": "MLFlowModel", "mltable": "MLTable"}
    return special.get(name, "".join(part.capitalize() for part in name.split("_")))


MODES = ("ReadOnlyMount", "ReadWriteMount", "Download", "Upload", "Direct", "EvalMount", "EvalDownload")
_MODES = {"mount": "ReadOnlyMount", "ro_mount": "ReadOnlyMount", "rw_mount": "ReadWriteMount"}


def delivery_mode(name: str) -> str:
    """Return how data is delivered in the words of the control plane, for a name of YAML or of the control plane."""
    return _MODES.get(name.lower(), "".join(part[:1].upper() + part[1:] for part in name.split("_")))


def host_kind(host: str) -> str | None:
    """Return the service of ``host`` (``management``, ``api``, ``blob``, ``scoring``, ``registry``), or None."""
    if host == MANAGEMENT:
        return "management"
    if host == API or host.endswith((".api.azureml.ms", ".api.azureml-test.ms")):
        return "api"
    if host.endswith(STORAGE_SUFFIX):
        return "blob"
    if host.endswith((SCORING_SUFFIX, ".inference.ml.azure.com")):
        return "scoring"
    return "registry" if host == REGISTRY else None
