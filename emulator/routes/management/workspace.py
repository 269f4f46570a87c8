"""The workspace itself, and the discovery of its data plane."""

from emulator.routes.routing import WORKSPACE, Call, route
from emulator.routes.system_data import WORKSPACE_CREATED, workspace_system_data
from emulator.state.surroundings import Surroundings, read_surroundings
from emulator.wire.http import JsonObject, Response, json_response
from emulator.wire.names import API, REGION, Names


def _workspace_body(names: Names, surroundings: Surroundings) -> JsonObject:
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
            "creationTime": WORKSPACE_CREATED + "Z",
            "enableDataIsolation": False,
            "privateLinkCount": 0,
            "publicNetworkAccess": "Enabled" if surroundings.public else "Disabled",
            **({"systemDatastoresAuthMode": "Identity"} if surroundings.identity_based else {}),
            "discoveryUrl": f"https://{API}/discovery",
            "mlFlowTrackingUri": names.tracking_uri,
        },
        "identity": {"type": "SystemAssigned", "principalId": names.workspace_id, "tenantId": names.tenant},
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": workspace_system_data("User", "Z"),
    }


@route("management", "GET", WORKSPACE)
def get_workspace(call: Call) -> Response:
    """Workspaces - Get."""
    return json_response(200, _workspace_body(call.workspace.names, read_surroundings(call.workspace.state)))


@route("api", "GET", "/discovery")
def discovery(call: Call) -> Response:
    """Get the addresses of the services of the data plane."""
    api = f"https://{API}"
    services = ("api", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines")
    return json_response(200, {**dict.fromkeys(services, api), "studio": "https://ml.azure.com"})
