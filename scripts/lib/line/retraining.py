"""Retrain: invoke the default of an endpoint on data that the workspace has not seen."""

from functools import partial
from pathlib import Path

from scripts.lib.telling.story import Story
from scripts.lib.workspace import invocation, jobs
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import read_endpoint
from scripts.lib.workspace.outputs import download_outputs


def retrain_default(
    connection: Connection, endpoint: str, data_asset: tuple[str, str], output: Path, story: Story, stream: bool
) -> str | None:
    """Invoke the default on a version of the data and fetch its outputs; return the job, None without a default.

    Raises:
        JobFailed: the invocation did not complete, or left no output.
    """
    client = connection.client
    state = read_endpoint(client, endpoint)
    default = state.default
    if default is None:
        return None
    with story.stage(f"Retrain the default {default} on the new data") as outcome:
        inputs = invocation.data_inputs(endpoint, *data_asset, state.data_type(default))
        start = partial(invocation.invoke_or_join, client, endpoint, default, inputs)
        job = jobs.run(client, default, start, stream)
        download_outputs(client, job, invocation.OUTPUTS, output)
        outcome.append(f"job {job} completed")
    return job
