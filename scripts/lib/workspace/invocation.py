"""Invoke a deployment once, even when the answer to the invocation is lost, or the command before was killed."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import BadConfiguration, ReleaseError
from scripts.lib.repository.files import INPUTS_FILE, endpoint_folder, read_yaml
from scripts.lib.telling import results
from scripts.lib.workspace.endpoint_names import endpoint_name
from scripts.lib.workspace.live_jobs import invocations, newer_jobs, recent_jobs
from scripts.lib.workspace.locks import start_lock
from scripts.lib.workspace.repetition import AnswerLost
from scripts.lib.workspace.service_errors import is_transient, said_by
from scripts.lib.workspace.wait_limit import joinable

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_ATTEMPTS = 2
_LOOK_SECONDS = 3.0
OUTPUTS = ("model", "evaluation_results", "prepare_transformations")


def folder_input(address: str, name: str = "input_data") -> dict[str, Any]:
    """Return the input of an invocation that is a folder: of a datastore, of a data asset, or local, to be uploaded."""
    from azure.ai.ml import Input

    return {name: Input(type="uri_folder", path=address)}


def training_inputs(endpoint: str, address: str) -> dict[str, Any]:
    """Return the inputs of an invocation that trains on the folder at ``address``; the others as inputs.yml says."""
    path = endpoint_folder(endpoint) / INPUTS_FILE
    others = file_inputs(path) if path.is_file() else {}
    return {**others, **folder_input(address)}


def data_inputs(endpoint: str, name: str, version: str) -> dict[str, Any]:
    """Return the inputs of an invocation that trains on one version of the data asset."""
    return training_inputs(endpoint, f"azureml:{name}:{version}")


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
            inputs[name] = Input(type=value.get("type", "uri_folder"), path=_address(path, str(value["path"])))
        else:
            raise BadConfiguration(f"{path}: input {name} must have `type` and `path`, not {sorted(value)}.")
    return inputs


def _address(file: Path, path: str) -> str:
    """Return an address as it is, and a local path as it is meant: from the folder of the file that names it."""
    local = (file.parent / path).resolve()
    return str(local) if local.exists() else path


@contextlib.contextmanager
def invoking(
    client: "MLClient", endpoint: str, deployment: str, listed: list[Any] | None = None
) -> Iterator[Callable[[dict[str, Any]], str]]:
    """Give what invokes a deployment on inputs, unless such an invocation has yet to end; it returns the job's name.

    A command that was killed leaves its job running, and the next one is to wait for that job, not to pay for another.
    So is a command at the same time: the lock of the deployment's invocations is held inside. ``listed`` are the
    workspace's recent jobs as the caller knows them; those that are newer are added.
    """
    listed = [] if listed is None else listed
    with start_lock(client, [endpoint, deployment]):
        listed[:0] = newer_jobs(client, listed)

        def invoke(inputs: dict[str, Any]) -> str:
            known = invocations(client, endpoint, deployment, inputs, listed)
            if joined := joinable(client, known):
                return str(joined.name)
            return _invoke(client, endpoint, deployment, inputs, {str(job.name) for job in known})

        yield invoke


def invoke_or_join(client: "MLClient", endpoint: str, deployment: str, inputs: dict[str, Any]) -> str:
    """Invoke a deployment once, or join such an invocation (see ``invoking``); return the job's name."""
    with invoking(client, endpoint, deployment) as invoke:
        return invoke(inputs)


def _invoke(client: "MLClient", endpoint: str, deployment: str, inputs: dict[str, Any], before: set[str]) -> str:
    """Invoke a deployment and return the name of its job; ``before`` are the jobs of such invocations until now.

    The request always names the deployment. The SDK keeps the name in headers that all invocations of a process
    share, so a request without a name would go to the deployment that the request before it named.

    The service may report an error although it created the job. So after an error this function looks for a new job
    of the deployment. If there is one, it is returned; only if there is none is the request sent again.

    Raises:
        ReleaseError: the invocation failed and left no job, or more than one may be its job.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            job = client.batch_endpoints.invoke(
                endpoint_name=endpoint_name(client, endpoint), deployment_name=deployment, inputs=inputs
            )
            return str(job.name)
        except Exception as error:
            if not isinstance(error, AnswerLost) and not is_transient(error):
                raise
            if name := _job_left(client, endpoint, deployment, inputs, before, error):
                results.tell(
                    f"    The answer to the invocation was an error, but its job {name} runs: {said_by(error)}"
                )
                return name
            if attempt == _ATTEMPTS:
                raise ReleaseError(
                    f"Invoking {deployment} of {endpoint} failed {_ATTEMPTS} times, and left no job: {said_by(error)}"
                ) from error
            results.tell(f"    The invocation failed and left no job; invoking again: {said_by(error)}")


def _job_left(
    client: "MLClient",
    endpoint: str,
    deployment: str,
    inputs: dict[str, Any],
    before: set[str],
    error: Exception,
) -> str:
    """Return the job that a failed invocation made, or nothing; it may take the service a moment to list it."""
    deadline = time.monotonic() + _LOOK_SECONDS
    while True:
        new = {str(job.name) for job in invocations(client, endpoint, deployment, inputs, recent_jobs(client))} - before
        if len(new) > 1:
            raise ReleaseError(
                f"Invoking {deployment} of {endpoint} failed, and any of the new jobs "
                f"{', '.join(sorted(new))} may be its own; cancel those that are not wanted: {said_by(error)}"
            ) from error
        if new or time.monotonic() > deadline:
            return next(iter(new), "")
        time.sleep(_LOOK_SECONDS / 5)
