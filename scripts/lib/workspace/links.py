"""Where people look at what a command told of: the studio, or the page of the workflow run."""

import os

from scripts.lib.workspace.connection import Connection, Target


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


def job_page(connection: Connection, job: str) -> str:
    """Return the address of a job's page in the studio; nothing where the workspace is embedded."""
    if connection.state is not None:
        return ""
    client = connection.client
    workspace = (
        f"/subscriptions/{client.subscription_id}/resourceGroups/{client.resource_group_name}"
        f"/workspaces/{client.workspace_name}"
    )
    return f"{connection.cloud.studio}/runs/{job}?wsid={workspace}"


def step_log(connection: Connection, step: str) -> str:
    """Return where the log of a step lies in the embedded workspace; on Azure its job's page leads there."""
    if connection.state is None:
        return ""
    log = connection.state / "blobs" / "azureml" / "ExperimentRun" / f"dcid.{step}" / "user_logs" / "std_log.txt"
    return log.resolve().as_uri() if log.is_file() else ""
