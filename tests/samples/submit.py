"""Prepare a workspace, submit a pipeline job and wait for its end; imports nothing of ours."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from azure.ai.ml import (
    MLClient,
    load_component,
    load_data,
    load_environment,
    load_job,
    load_model,
)
from azure.ai.ml.entities import AmlCompute, Data, Model
from azure.identity import DefaultAzureCredential

_LOAD = {
    "component": ("components", load_component),
    "data": ("data", load_data),
    "environment": ("environments", load_environment),
    "model": ("models", load_model),
}


def prepare(client: MLClient, checkout: Path, computes: dict[str, str], assets: list[dict[str, str]]) -> None:
    """Create ``computes`` and then ``assets``.

    An asset is a file of a kind; or a folder that becomes a model or data asset of a name and type; or a job to run.
    """
    for name, size in computes.items():
        client.compute.begin_create_or_update(AmlCompute(name=name, size=size, max_instances=4)).result()
    for asset in assets:
        if "job" in asset:
            submit(client, checkout / asset["job"], {})
        elif "path" in asset:
            described = {**asset, "path": str(checkout / asset["path"])}
            operations, entity = (client.data, Data) if asset["type"].startswith("uri_") else (client.models, Model)
            operations.create_or_update(entity(**described))
        else:
            for kind, place in asset.items():
                collection, load = _LOAD[kind]
                getattr(client, collection).create_or_update(load(checkout / place))


def submit(client: MLClient, pipeline: Path, inputs: dict[str, str]) -> bool:
    """Submit a pipeline, with ``inputs`` at other paths, and wait; return whether it completed."""
    job = load_job(pipeline, params_override=[{f"inputs.{name}.path": path} for name, path in inputs.items()])
    name = client.jobs.create_or_update(job).name
    client.jobs.stream(name)
    return bool(client.jobs.get(name).status == "Completed")


def main(checkout: Path, task: dict[str, Any]) -> int:
    """Do ``task``; return 1 when its pipeline did not complete."""
    names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
    client = MLClient(DefaultAzureCredential(), *names)
    prepare(client, checkout, task["computes"], task["assets"])
    return int(bool(task["pipeline"]) and not submit(client, checkout / task["pipeline"], task["inputs"]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
