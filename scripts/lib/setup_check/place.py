"""Where the workspace is and who uses it: what the commands that complete a set-up need to name."""

from collections.abc import Mapping
from dataclasses import dataclass

from scripts.lib.workspace.connection import Connection

RELEASE_ROLE, READER_ROLE = "ML release line", "ML release line reader"
STORAGE_ROLE = "Storage Blob Data Contributor"


@dataclass(frozen=True)
class Place:
    """A workspace, its storage once that is known, and the client id of the application that signs in."""

    subscription: str
    group: str
    workspace: str
    client_id: str
    storage: str = ""

    @property
    def arm(self) -> str:
        """ARM id of the workspace."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"

    def update_workspace(self, option: str) -> str:
        """Return the command that changes a property of the workspace."""
        return f"az ml workspace update --name {self.workspace} --resource-group {self.group} {option}"

    def grant(self, role: str, scope: str, principal: str = "") -> str:
        """Return the command that gives a role to the application, or to the managed identity ``principal``."""
        assignee = f"--assignee {self.client_id}"
        if principal:
            assignee = f"--assignee-object-id {principal} --assignee-principal-type ServicePrincipal"
        return f'az role assignment create {assignee} --role "{role}" --scope {scope}'


def place_of(connection: Connection, environment: Mapping[str, str]) -> Place:
    """Return where ``connection`` leads, and as whom."""
    client = connection.client
    subscription, group, name = client.subscription_id, client.resource_group_name, client.workspace_name
    return Place(subscription, group, str(name), environment.get("AZURE_CLIENT_ID") or "CLIENT_ID")
