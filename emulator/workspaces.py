"""The workspace itself, its datastores and the discovery of its data plane."""

import base64
import hashlib
from typing import Any

from emulator.errors import not_found, unsupported
from emulator.http import Response, json_response
from emulator.names import API, REGION, SYSTEM_CREATOR, Names
from emulator.router import WORKSPACE, Call, route

_BORN = "2026-01-01T00:00:00.0000000"


def _workspace_body(names: Names) -> dict[str, Any]:
    group = f"/subscriptions/{names.subscription}/resourceGroups/{names.group}/providers"
    return {
        "id": names.arm,
        "name": names.workspace,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": REGION,
        "tags": {},
        "etag": None,
        "kind": "Default",
        "properties": {
            "friendlyName": names.workspace,
            "description": "",
            "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/{names.account}",
            "keyVault": f"{group}/Microsoft.KeyVault/vaults/embedded",
            "applicationInsights": f"{group}/Microsoft.Insights/components/embedded",
            "containerRegistry": f"{group}/Microsoft.ContainerRegistry/registries/embedded",
            "hbiWorkspace": False,
            "tenantId": names.tenant,
            "imageBuildCompute": None,
            "provisioningState": "Succeeded",
            "softDeleteEnabled": False,
            "storageHnsEnabled": False,
            "workspaceId": names.workspace_id,
            "v1LegacyMode": False,
            "creationTime": _BORN + "Z",
            "enableDataIsolation": False,
            "privateLinkCount": 0,
            "publicNetworkAccess": "Enabled",
            "discoveryUrl": f"https://{API}/discovery",
            "mlFlowTrackingUri": names.tracking_uri,
        },
        "identity": {"type": "SystemAssigned", "principalId": names.workspace_id, "tenantId": names.tenant},
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": _system_data("User", "Z"),
    }


def _system_data(creator: str, zone: str) -> dict[str, str]:
    return {
        "createdAt": _BORN + zone,
        "createdBy": SYSTEM_CREATOR,
        "createdByType": creator,
        "lastModifiedAt": _BORN + zone,
        "lastModifiedBy": SYSTEM_CREATOR,
        "lastModifiedByType": creator,
    }


@route("management", "GET", WORKSPACE)
def get_workspace(call: Call) -> Response:
    """Workspaces - Get."""
    return json_response(200, _workspace_body(call.workspace.names))


@route("api", "GET", "/discovery")
def discovery(call: Call) -> Response:
    """Where the services of the data plane live."""
    api = f"https://{API}"
    services = ("api", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines")
    return json_response(200, {**dict.fromkeys(services, api), "studio": "https://ml.azure.com"})


CONTAINERS = {"workspaceblobstore": None, "workspaceartifactstore": "azureml"}


def container_of(names: Names, datastore: str) -> str:
    """Name the blob container behind a datastore.

    Raises:
        ServiceError: there is no such datastore.
    """
    if datastore.lower() not in CONTAINERS:
        raise not_found(f"Could not find datastore: {datastore}.")
    return CONTAINERS[datastore.lower()] or names.default_container


def _datastore_body(names: Names, name: str) -> dict[str, Any]:
    return {
        "id": f"{names.arm}/datastores/{name}",
        "name": name,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": {
            "description": None,
            "tags": None,
            "properties": None,
            "isDefault": name == "workspaceblobstore",
            "credentials": {"credentialsType": "AccountKey"},
            "datastoreType": "AzureBlob",
            "accountName": names.account,
            "containerName": container_of(names, name),
            "endpoint": "core.windows.net",
            "protocol": "https",
            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
        },
        "systemData": _system_data("Application", "+00:00"),
    }


@route("management", "GET", WORKSPACE + "/datastores")
def list_datastores(call: Call) -> Response:
    """Datastores - List, all or the default one."""
    names = [name for name in CONTAINERS if call.request.query.get("isDefault") != "true" or "blob" in name]
    return json_response(200, {"value": [_datastore_body(call.workspace.names, name) for name in names]})


@route("management", "GET", WORKSPACE + "/datastores/{name}")
def get_datastore(call: Call) -> Response:
    """Datastores - Get."""
    container_of(call.workspace.names, call["name"])
    return json_response(200, _datastore_body(call.workspace.names, call["name"].lower()))


@route("management", "PUT", WORKSPACE + "/datastores/{name}")
def put_datastore(call: Call) -> Response:
    """Refuse: the embedded workspace has the two datastores every workspace has."""
    raise unsupported("Creating a datastore")


@route("management", "POST", WORKSPACE + "/datastores/{name}/listSecrets")
def list_secrets(call: Call) -> Response:
    """Datastores - List Secrets: an account key made from the workspace's id, good for nothing else."""
    container_of(call.workspace.names, call["name"])
    key = base64.b64encode(hashlib.sha256(call.workspace.names.workspace_id.encode()).digest()).decode()
    return json_response(200, {"secretsType": "AccountKey", "key": key})
