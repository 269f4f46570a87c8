"""Prepare a workspace, submit a pipeline job and wait for its end; imports nothing of ours."""

import json
import os
import sys
from collections.abc import Iterator
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
from azure.ai.ml.entities import AmlCompute, Data
from azure.identity import DefaultAzureCredential

_LOAD = {
    "component": ("components", load_component),
    "data": ("data", load_data),
    "environment": ("environments", load_environment),
    "model": ("models", load_model),
}


def prepare(client: MLClient, checkout: Path, computes: dict[str, str], assets: list[dict[str, str]]) -> None:
    """Create ``computes`` and then ``assets``: the files of a kind, or a folder as a data asset."""
    for name, size in computes.items():
        client.compute.begin_create_or_update(AmlCompute(name=name, size=size, max_instances=4)).result()
    for kind, place in _named(assets):
        if kind == "folder":
            client.data.create_or_update(Data(name=Path(place).name, path=str(checkout / place), type="uri_folder"))
            continue
        operations, load = _LOAD[kind]
        getattr(client, operations).create_or_update(load(checkout / place))


def _named(assets: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for asset in assets:
        yield from asset.items()


def main(checkout: Path, task: dict[str, Any]) -> int:
    """Do ``task``; return 1 when its pipeline did not complete."""
    names = [os.environ[name] for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")]
    client = MLClient(DefaultAzureCredential(), *names)
    prepare(client, checkout, task["computes"], task["assets"])
    if not task["pipeline"]:
        return 0
    job = client.jobs.create_or_update(load_job(checkout / task["pipeline"]))
    client.jobs.stream(job.name)
    return int(client.jobs.get(job.name).status != "Completed")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
