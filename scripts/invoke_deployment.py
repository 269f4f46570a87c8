"""Invoke an endpoint's default, or a deployment by name, and fetch what it made."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option, stream_option, wait_option, workspace_options
from scripts.lib.parameter_types import DataAssetReference
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@click.option("--deployment", help="Deployment to invoke; the default one unless given.")
@click.option("--data-asset", type=DataAssetReference(), help="Version of the data asset to train on.")
@click.option(
    "--inputs",
    "inputs_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML file of inputs; the endpoint's inputs.yml unless this or --data-asset is given.",
)
@click.option("--output", "names", multiple=True, help="Output to download, by name; all unless given. Repeatable.")
@click.option(
    "--download",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the outputs; none are fetched without.",
)
@stream_option
@wait_option
@workspace_options
def main(
    endpoint: str,
    deployment: str | None,
    data_asset: tuple[str, str] | None,
    inputs_file: Path | None,
    names: tuple[str, ...],
    download: Path | None,
    stream: bool,
    target: Target,
) -> None:
    """Invoke, wait to the end, list the steps, download the outputs; exit 5 when the job fails.

    Example: python -m scripts.invoke_deployment --download out/model
    """
    from scripts.lib.errors import BadConfiguration
    from scripts.lib.report.assembly import retraining_report
    from scripts.lib.report.judgement_document import Entry
    from scripts.lib.report.writing import write_report
    from scripts.lib.repository.files import INPUTS_FILE, endpoint_folder
    from scripts.lib.workspace import invocation, jobs
    from scripts.lib.workspace.data_places import pinned
    from scripts.lib.workspace.endpoints import read_endpoint
    from scripts.lib.workspace.job_status import COMPLETED
    from scripts.lib.workspace.links import linked_job
    from scripts.lib.workspace.outputs import download_outputs

    if data_asset and inputs_file:
        raise click.UsageError("Give --data-asset or --inputs, not both.")
    client = connect(target).client
    state = read_endpoint(client, endpoint)
    chosen = state.deployment(deployment).name if deployment else state.default
    if chosen is None:
        raise BadConfiguration(f"Endpoint {endpoint} has no default deployment; name one with --deployment.")
    kind = state.data_type(chosen)
    inputs = (
        invocation.data_inputs(endpoint, *pinned(client, data_asset), kind)
        if data_asset
        else invocation.file_inputs(inputs_file or endpoint_folder(endpoint) / INPUTS_FILE, kind, endpoint)
    )
    job = jobs.run(client, chosen, lambda: invocation.invoke_or_join(client, endpoint, chosen, inputs), stream)
    found = download_outputs(client, job, names or invocation.OUTPUTS, download) if download else {}
    steps = [
        {"step": step.name, "job": step.job, "status": step.status, "reused": step.reused}
        for step in jobs.steps(client, job)
    ]
    if download and chosen == state.default:
        document = retraining_report(endpoint, chosen, None, [Entry(n, str(path)) for n, path in found.items()], job)
        results.tell(f"Report: {write_report(document, download)}")
    result = {
        "job": job,
        "deployment": chosen,
        "status": COMPLETED,
        "steps": steps,
        "outputs": {name: str(path) for name, path in found.items()},
    }
    results.emit(result, f"### Invocation\n\n`{chosen}` ran as job {linked_job(client, job)} and completed.\n")


if __name__ == "__main__":
    main()
