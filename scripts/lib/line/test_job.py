"""Run the pipelines of variants once as jobs, before anything of them is deployed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.withholding import WITHHOLDING, start_withholding
from scripts.lib.repository.compilation import compile_pipeline
from scripts.lib.repository.files import Variant, read_yaml
from scripts.lib.workspace import jobs
from scripts.lib.workspace.assets import ensure_component

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def run_before_deployment(
    client: "MLClient", endpoint: str, variants: Sequence[Variant], data_asset: tuple[str, str], stream: bool
) -> list[str]:
    """Run the pipelines of variants, and withhold the rows to judge by at the same time.

    Returns:
        The jobs of the variants, then the one that has withheld the rows.

    Raises:
        JobFailed: a job did not complete; the others were canceled.
    """
    withholding = partial(start_withholding, client, endpoint, endpoint_gate(endpoint), data_asset)
    ran = run_pipeline_jobs(client, variants, data_asset, stream, {WITHHOLDING: withholding})
    return [*(ran[each.name] for each in variants), ran[WITHHOLDING]]


def run_pipeline_jobs(
    client: "MLClient",
    variants: Sequence[Variant],
    data_asset: tuple[str, str],
    stream: bool = False,
    beside: Mapping[str, Callable[[], str]] | None = None,
) -> dict[str, str]:
    """Run the test jobs of variants on a version of the data asset, side by side, to their ends.

    ``beside`` starts other jobs, by what the story calls them, that run with them.

    Returns:
        The job's name by the variant's, and by what the story calls it.

    Raises:
        JobFailed: a job did not complete; the message ends with the failed steps' logs. The others were canceled.
    """
    starts = {f"test of {each.name}": partial(_start, client, each, data_asset) for each in variants}
    names = jobs.run_all(client, {**starts, **(beside or {})}, stream)
    return names | {each.name: names[f"test of {each.name}"] for each in variants}


def _start(client: "MLClient", variant: Variant, data_asset: tuple[str, str]) -> str:
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
    return jobs.submit_or_join(client, wanted, f"test-{variant.name}", content)
