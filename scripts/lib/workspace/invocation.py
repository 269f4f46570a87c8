"""Invoke a deployment exactly once, even when the response to the invocation is lost."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.repository.files import read_yaml
from scripts.lib.telling import results
from scripts.lib.workspace.service_errors import is_transient

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_ATTEMPTS = 2
_LOOK_SECONDS = 3.0
OUTPUTS = ("model", "evaluation_results", "prepare_transformations")


def data_inputs(name: str, version: str) -> dict[str, Any]:
    """Return the inputs of an invocation on one version of the data asset."""
    from azure.ai.ml import Input

    return {"input_data": Input(type="uri_folder", path=f"azureml:{name}:{version}")}


def file_inputs(path: Path) -> dict[str, Any]:
    """Return the inputs that an ``inputs.yml`` describes.

    Raises:
        BadConfiguration: the file has no ``inputs``, or one of them has another form.
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


def invoke(client: "MLClient", endpoint: str, deployment: str, inputs: dict[str, Any]) -> str:
    """Invoke a deployment and return the name of its job.

    The request always names the deployment. The SDK keeps the name in headers that all invocations of a process
    share, so a request without a name would go to the deployment that the request before it named.

    The service may report an error although it created the job. So after an error this function looks for a new job
    of the deployment. If there is one, it is returned; only if there is none is the request sent again.

    Raises:
        ReleaseError: the invocation failed and left no job, or more than one may be its job.
    """
    before = _job_names(client, endpoint, deployment)
    attempt = 0
    while True:
        attempt += 1
        try:
            with _sent_once(client.batch_endpoints):
                job = client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name=deployment, inputs=inputs)
            return str(job.name)
        except Exception as error:
            if not isinstance(error, _ResponseLost) and not is_transient(error):
                raise
            if name := _created_job(client, endpoint, deployment, before, error):
                results.tell(f"    The answer to the invocation was an error, but its job {name} runs: {error}")
                return name
            if attempt == _ATTEMPTS:
                raise ReleaseError(
                    f"Invoking {deployment} of {endpoint} failed {_ATTEMPTS} times, and left no job: {error}"
                ) from error
            results.tell(f"    The invocation failed and left no job; invoking again: {error}")


class _ResponseLost(Exception):
    """The request may have reached the service, but no response came back."""


@contextmanager
def _sent_once(operations: Any) -> Iterator[None]:
    """Replace the SDK's retry policy, which would send one invocation several times, by one that sends it once."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError
    from azure.core.pipeline.policies import HTTPPolicy

    class Once(HTTPPolicy):  # type: ignore[type-arg]
        """A policy that sends a request once."""

        def send(self, request: Any) -> Any:
            try:
                return self.next.send(request)
            except (ServiceRequestError, ServiceResponseError) as error:
                raise _ResponseLost(str(error)) from error

    pipeline = operations._requests_pipeline
    configuration = copy(pipeline._config)
    operations._requests_pipeline = type(pipeline)(
        config=configuration, transport=pipeline._transport, retry_policy=Once()
    )
    try:
        yield
    finally:
        operations._requests_pipeline = pipeline


def _created_job(client: "MLClient", endpoint: str, deployment: str, before: set[str], error: Exception) -> str:
    """Return the job that a failed invocation created, or ''; the service may need a moment to list it."""
    deadline = time.monotonic() + _LOOK_SECONDS
    while True:
        new = _job_names(client, endpoint, deployment) - before
        if len(new) > 1:
            raise ReleaseError(
                f"Invoking {deployment} of {endpoint} failed, and any of the new jobs "
                f"{', '.join(sorted(new))} may be its own; cancel those that are not wanted: {error}"
            ) from error
        if new or time.monotonic() > deadline:
            return next(iter(new), "")
        time.sleep(_LOOK_SECONDS / 5)


def _job_names(client: "MLClient", endpoint: str, deployment: str) -> set[str]:
    jobs: Iterable[Any] = client.batch_deployments.list_jobs(endpoint_name=endpoint, name=deployment)
    return {str(job.name) for job in jobs}
