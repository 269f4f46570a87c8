"""Score rows with what a deployment delivered: its own transformations, its model, and the repository's scorer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.lib.repository.computes import compute_name, shared_compute
from scripts.lib.workspace import jobs
from scripts.lib.workspace.outputs import output_addresses

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

MODEL, TRANSFORMATIONS, PREDICTIONS = "model", "prepare_transformations", "predictions"


@dataclass(frozen=True)
class Delivered:
    """What one invocation of a deployment left: the job, and where model and transformations lie."""

    job: str
    model: str
    transformations: str


def delivered_by(client: "MLClient", job: str) -> Delivered:
    """Return what a completed invocation delivered; an address is empty where the job has no such output."""
    addresses = output_addresses(client, job)
    return Delivered(job, addresses.get(MODEL, ""), addresses.get(TRANSFORMATIONS, ""))


def output_name(key: str) -> str:
    """Return the name of the job's output, and of its step, for one folder of rows."""
    return f"rows_{key}"


def submit_scoring(
    client: "MLClient",
    scoring_component: str,
    rows: Mapping[str, str],
    delivered: Mapping[str, Delivered],
    display_name: str,
    report_refusals: bool = True,
) -> str:
    """Submit, or join, one job that scores several folders of rows side by side; return its name.

    ``scoring_component`` is the reference of a variant's scoring pipeline (``score.yml``). For each key of ``rows``
    (the address of a folder of rows without the target) one step runs that pipeline on what ``delivered`` holds under
    the same key; its predictions become the
    job's output ``output_name(key)``.
    """
    from azure.ai.ml import Input
    from azure.ai.ml.dsl import pipeline

    name, version = scoring_component.removeprefix("azureml:").split(":")
    component = client.components.get(name, version)

    @pipeline(display_name=display_name, experiment_name="judgement")  # type: ignore[untyped-decorator]
    def score_all() -> dict[str, Any]:
        outputs = {}
        for key, address in rows.items():
            node = component(
                data=Input(type=component.inputs["data"].type, path=address),
                model=Input(type="uri_folder", path=delivered[key].model),
                transformations=Input(type="uri_folder", path=delivered[key].transformations),
                report_refusals=report_refusals,
            )
            node.name = output_name(key)
            outputs[output_name(key)] = node.outputs[PREDICTIONS]
        return outputs

    job = score_all()
    job.settings.default_compute = compute_name(shared_compute())
    job.settings.continue_on_step_failure = False
    content = {
        "component": scoring_component,
        "rows": dict(rows),
        "delivered": {key: [delivered[key].model, delivered[key].transformations] for key in rows},
        "report_refusals": report_refusals,
    }
    return jobs.submit_or_join(client, job, "score", content)
