"""Run the pipelines of variants once as jobs, before anything of them is deployed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.withholding import WITHHOLDING, start_withholding
from scripts.lib.repository.compilation import compile_pipeline
from scripts.lib.repository.data_types import TRAINED_ON, asset_name, declared_type
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
    (job,) = jobs.run_all(client, _starts(client, [variant], data_asset), stream).values()
    return job


def run_before_deployment(
    client: "MLClient", endpoint: str, variants: Sequence[Variant], data_asset: tuple[str, str], stream: bool
) -> list[str]:
    """Run the pipelines of variants side by side, and withhold the rows to judge by at the same time.

    Returns:
        The jobs of the variants, then the one that has withheld the rows.

    Raises:
        JobFailed: a job did not complete; the others were canceled.
    """
    withholding = partial(start_withholding, client, endpoint, endpoint_gate(endpoint), data_asset)
    starts: dict[str, Callable[[], str]] = {**_starts(client, variants, data_asset), WITHHOLDING: withholding}
    return list(jobs.run_all(client, starts, stream).values())


def _starts(
    client: "MLClient", variants: Sequence[Variant], data_asset: tuple[str, str]
) -> dict[str, Callable[[], str]]:
    """Return what starts the test job of each variant, by what the story calls it."""
    return {f"test of {each.name}": partial(_start, client, each, data_asset) for each in variants}


def _start(client: "MLClient", variant: Variant, data_asset: tuple[str, str]) -> str:
    from azure.ai.ml import load_job

    pipeline = compile_pipeline(variant)
    ensure_component(client, pipeline)
    kind = declared_type(variant.pipeline, TRAINED_ON)
    name, version = asset_name(data_asset[0], kind), data_asset[1]
    wanted = load_job(
        variant.job,
        params_override=[
            {f"inputs.{TRAINED_ON}": {"type": kind, "path": f"azureml:{name}:{version}"}},
            {"tags": {"variant": variant.name}},
        ],
    )
    wanted.component = client.components.get(pipeline.name, pipeline.version)
    content = [pipeline.reference, f"{name}:{version}", read_yaml(variant.job)]
    return jobs.submit_or_join(client, wanted, f"test-{variant.name}", content)
