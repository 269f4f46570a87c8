"""Run the pipelines of variants once as jobs, before anything of them is deployed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from scripts.lib.line.gates import endpoint_gate
from scripts.lib.line.withholding import WITHHOLDING, start_withholding
from scripts.lib.repository.compilation import compile_pipeline, compile_variant
from scripts.lib.repository.files import Variant, find_variant, read_yaml
from scripts.lib.telling.story import Story
from scripts.lib.workspace import jobs
from scripts.lib.workspace.assets import ensure_component
from scripts.lib.workspace.connection import Connection
from scripts.lib.workspace.endpoints import read_endpoint

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def run_before_deployment(
    connection: Connection,
    endpoint: str,
    variants: list[str],
    data_asset: tuple[str, str],
    story: Story,
    stream: bool,
) -> str | None:
    """Run the pipelines of all variants that do not serve as they are: nothing is deployed before all completed.

    The rows to judge by are withheld at the same time; return the job that does it, None where nothing is to be judged.
    """
    client = connection.client
    default = read_endpoint(client, endpoint).default
    compiled = [compile_variant(find_variant(endpoint, name), endpoint) for name in variants]
    tested = [each.variant for each in compiled if each.deployment != default]
    if not tested:
        return None
    several = "s" if len(tested) > 1 else ""
    names = " and ".join(each.name for each in tested)
    with story.stage(f"Test the pipeline{several} of {names}, and withhold rows") as outcome:
        withholding = partial(start_withholding, client, endpoint, endpoint_gate(endpoint), data_asset)
        ran = run_pipeline_jobs(client, tested, data_asset, stream, {WITHHOLDING: withholding})
        outcome.append(f"completed: {', '.join(ran[each.name] for each in tested)}, {ran[WITHHOLDING]}")
    return ran[WITHHOLDING]


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
