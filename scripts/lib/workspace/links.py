"""Where people look at what a command told of: the studio, or the page of the workflow run."""

import os

from scripts.lib.workspace.connection import Target


def endpoint_page(target: Target, endpoint: str) -> str:
    """Return the address of an endpoint's page in the studio; of the workflow run where the workspace is embedded."""
    if not target.missing:
        workspace = (
            f"/subscriptions/{target.subscription_id}/resourceGroups/{target.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{target.workspace_name}"
        )
        return f"https://ml.azure.com/endpoints/batch/{endpoint}/detail?wsid={workspace}"
    known = [os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*known) if all(known) else ""
