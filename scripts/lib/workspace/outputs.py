"""Download and check the named outputs of a job, and read its logs."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import JobFailed

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_MODEL_TYPES = ("CustomModel", "MLFlowModel", "TritonModel")


def download_outputs(client: "MLClient", job: str, names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Download the named outputs of a pipeline job, each into a folder of its own below ``folder``.

    ``MLClient.jobs.download(output_name=...)`` silently downloads nothing in azure-ai-ml 1.35: it compares the
    types in the service's response (``UriFolder``) with its own names (Azure/azure-sdk-for-python#48941, which the
    change log of 1.35.1 calls fixed; the code of 1.35.2 still has it). So this function gets the address of each
    output from the same operations of the SDK, and verifies that files arrived.

    Raises:
        JobFailed: the job has no such output, or it holds nothing.
    """
    from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri

    addresses = output_addresses(client, job)
    found = {}
    for name in names:
        if name not in addresses:
            outputs = ", ".join(sorted(addresses)) or "none"
            raise JobFailed(f"Job {job} has no output {name}; its outputs are: {outputs}.")
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        download_artifact_from_aml_uri(addresses[name], str(target), client.datastores)
        if not any(path.is_file() for path in target.rglob("*")):
            raise JobFailed(f"Output {name} of job {job} is empty at {addresses[name]}.")
        found[name] = target
    return found


def output_addresses(client: "MLClient", job: str) -> dict[str, str]:
    """Return the address of each named output of a job, from the service's run history."""
    operations: Any = client.jobs
    outputs = operations._runs_operations.get_run_data(job).run_metadata.outputs or {}
    models = [output.asset_id for output in outputs.values() if output.type in _MODEL_TYPES]
    data = [output.asset_id for output in outputs.values() if output.type not in _MODEL_TYPES]
    places: dict[str, str] = {}
    if data:
        resolved = operations._dataset_dataplane_operations.get_batch_dataset_uris(data)
        places |= {identity: place.uri for identity, place in resolved.values_property.items()}
    if models:
        resolved = _resolve_models(operations._model_dataplane_operations, models)
        places |= {identity: place.path for identity, place in resolved.values_property.items()}
    return {name: places[output.asset_id] for name, output in outputs.items() if output.asset_id in places}


def _resolve_models(operations: Any, identities: list[str]) -> Any:
    """Return the models' addresses; the SDK's own ``get_batch_model_uris`` builds its request with a wrong keyword."""
    from azure.ai.ml._restclient.model_dataplane.models import BatchGetResolvedUrisDto

    scope = operations._operation_scope
    return operations._operation.batch_get_resolved_uris(
        scope.subscription_id,
        scope.resource_group_name,
        operations._workspace_name,
        body=BatchGetResolvedUrisDto({"values": identities}),
    )


def error_of(client: "MLClient", job: str) -> str:
    """Return what the service says of a job that failed, or nothing where it says nothing."""
    operations: Any = client.jobs
    with contextlib.suppress(Exception):  # the job has failed, whatever can be told of it
        return str(operations._runs_operations.get_run_details(job).error.error.message or "")
    return ""


def log_tail(client: "MLClient", job: str, lines: int) -> list[str]:
    """Return the last lines of a step's log, or what the service says of a step that never came so far."""
    import requests

    operations: Any = client.jobs
    text = ""
    try:
        details = operations._runs_operations.get_run_details(job)
        said = getattr(getattr(details.error, "error", None), "message", None)
        logs = details.log_files or {}
        address = next((url for name, url in sorted(logs.items(), reverse=True) if name.endswith("std_log.txt")), None)
        text = requests.get(address, timeout=30).text if address else ""
    except requests.RequestException:
        return []
    return [f"  | {line}" for line in (text or str(said or "")).splitlines()[-lines:]]
