"""Invoke a deployment once, even when the answer to the invocation is lost."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib import results
from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.repository import read_yaml

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

OUTPUTS = ("model", "evaluation_results", "prepare_transformations")


def data_inputs(name: str, version: str) -> dict[str, Any]:
    """Return the inputs of an invocation on one version of the data asset."""
    from azure.ai.ml import Input

    return {"input_data": Input(type="uri_folder", path=f"azureml:{name}:{version}")}


def file_inputs(path: Path) -> dict[str, Any]:
    """Return the inputs that an ``inputs.yml`` describes.

    Raises:
        BadConfiguration: the file has no ``inputs``, or one of them is not understood.
    """
    from azure.ai.ml import Input

    described = read_yaml(path).get("inputs")
    if not isinstance(described, dict) or not described:
        raise BadConfiguration(f"{path}: `inputs` must name at least one input.")
    inputs = {}
    for name, value in described.items():
        if not isinstance(value, dict):
            inputs[name] = Input(type="string", default=str(value))
        elif set(value) <= {"type", "path"} and "path" in value:
            inputs[name] = Input(type=value.get("type", "uri_folder"), path=value["path"])
        else:
            raise BadConfiguration(f"{path}: input {name} must have `type` and `path`, not {sorted(value)}.")
    return inputs


def invoke(client: "MLClient", endpoint: str, deployment: str | None, inputs: dict[str, Any]) -> str:
    """Invoke a deployment, the default one when None, and return the name of its job.

    The service is known to report an error although the job exists; before giving up, the job that this
    invocation may have made is looked for, and taken when there is exactly one.

    Raises:
        ReleaseError: the invocation failed and left no job.
    """
    from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

    before = _job_names(client, endpoint)
    try:
        job = client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name=deployment, inputs=inputs)
        return str(job.name)
    except (HttpResponseError, ServiceRequestError, ServiceResponseError) as error:
        status = getattr(error, "status_code", None)
        if status is not None and status < 500:
            raise
        new = _job_names(client, endpoint) - before
        if len(new) != 1:
            raise ReleaseError(
                f"Invoking {deployment or 'the default deployment'} of {endpoint} failed, and {len(new)} new jobs "
                f"are there instead of one: {error}"
            ) from error
        (name,) = new
        results.tell(f"The invocation answered an error ({error.__class__.__name__}), but its job {name} runs.")
        return name


def _job_names(client: "MLClient", endpoint: str) -> set[str]:
    return {str(job.name) for job in client.batch_endpoints.list_jobs(endpoint)}
