"""Run a variant's pipeline once as a job, before anything of it is deployed."""

from functools import partial
from typing import TYPE_CHECKING

from scripts.lib.repository.compilation import compile_pipeline
from scripts.lib.repository.files import Variant, read_yaml
from scripts.lib.workspace import jobs
from scripts.lib.workspace.assets import ensure_component

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def run_pipeline_job(client: "MLClient", variant: Variant, data_asset: tuple[str, str], stream: bool = False) -> str:
    """Run the variant's test job on a version of the data asset to its end; return the job's name.

    Raises:
        JobFailed: the job did not complete; the message ends with the failed steps' logs.
    """
    from azure.ai.ml import load_job

    pipeline = compile_pipeline(variant)
    ensure_component(client, pipeline)
    name, version = data_asset
    wanted = load_job(
        variant.job,
        params_override=[
            {"inputs.input_data.path": f"azureml:{name}:{version}"},
            {"tags": {"variant": variant.name}},
        ],
    )
    wanted.component = client.components.get(pipeline.name, pipeline.version)
    content = [pipeline.reference, f"{name}:{version}", read_yaml(variant.job)]
    start = partial(jobs.submit_or_join, client, wanted, f"test-{variant.name}", content)
    return jobs.run(client, f"test of {variant.name}", start, stream)
