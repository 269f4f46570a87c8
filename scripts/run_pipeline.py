"""Run a variant's pipeline as a job, to see that it works before it is deployed."""

from scripts.lib.command import command
from scripts.lib.options import (
    data_asset_option,
    problem_option,
    stream_option,
    variant_option,
    wait_option,
    workspace_options,
)
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@problem_option
@variant_option
@data_asset_option
@stream_option
@wait_option
@workspace_options
def main(endpoint: str, variant: str, data_asset: tuple[str, str], stream: bool, target: Target) -> None:
    """Run the test job to its end; exit 5 when it fails, with the log of the step that did.

    Example: python -m scripts.run_pipeline --variant ordinal --data-asset PROBLEM-train:0123456789ab
    """
    from scripts.lib.line.test_job import run_pipeline_job
    from scripts.lib.repository.files import find_variant
    from scripts.lib.workspace.data_places import pinned
    from scripts.lib.workspace.links import linked_job

    client = connect(target).client
    job = run_pipeline_job(client, find_variant(endpoint, variant), pinned(client, data_asset), stream)
    results.emit({"job": job}, f"### Test job of {variant}\n\n{linked_job(client, job)} completed.\n")


if __name__ == "__main__":
    main()
