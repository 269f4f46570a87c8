"""Make an embedded workspace, and fill it with copies of what was made once: jobs, assets, endpoints, a history."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from emulator.client import activate
from emulator.state import keys
from emulator.state.workspace import Workspace
from emulator.wire import limits
from scripts.lib.workspace.endpoint_names import endpoint_name

PROBLEM, VARIANT = "wine", "trees"
OF_ENDPOINT = limits.DEPLOYMENTS_PER_ENDPOINT.value


def connected(state: Path) -> Any:
    """Return the SDK's client of the workspace in ``state``."""
    from azure.ai.ml import MLClient

    embedded = activate(state)
    names = embedded.names
    return MLClient(embedded.credential, names.subscription, names.group, names.workspace, enable_telemetry=False)


def run_command(state: Path, *line: str) -> None:
    """Run one of the commands, as people do, in the workspace in ``state``."""
    variables = {**os.environ, "AZUREML_LOCAL_STATE": str(state), "PROBLEM": PROBLEM}
    subprocess.run([sys.executable, "-m", *line], env=variables, capture_output=True, check=True)


def begin(client: Any, state: Path, place: Path) -> str:
    """Set the workspace up, with a deployment; make an asset and a job; return the name of the job, which has ended."""
    from azure.ai.ml import command
    from azure.ai.ml.entities import AmlCompute, Data, Environment

    run_command(state, "scripts.setup_workspace")
    run_command(state, "scripts.deploy_candidate", "--variant", VARIANT)
    client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    client.environments.create_or_update(Environment(name="plain", version="1", image="image"))
    (place / "rows.csv").write_text("a\n1\n")
    client.data.create_or_update(Data(name="rows", version="1", type="uri_folder", path=str(place)))
    job = command(command="true", environment="plain:1", compute="cluster")
    return ended(client, client.jobs.create_or_update(job).name)


def ended(client: Any, job: str) -> str:
    """Wait until a job has ended; return its name."""
    while (status := client.jobs.get(job).status) not in ("Completed", "Failed"):
        time.sleep(0.1)
    if status == "Failed":
        sys.exit(f"Job {job} failed.")
    return job


def fill(client: Any, state: Path, job: str, jobs: int, assets: int, deployments: int) -> None:
    """Copy the job, the asset with its version, and the deployment: its endpoint gets all it may have, others the rest.

    The history of the endpoint tells of as many defaults as there are deployments.
    """
    workspace = Workspace(state)
    store, own = workspace.store, endpoint_name(client, PROBLEM)
    absent = LookupError("It was made just now.")
    done, endpoint = store.find(keys.job(job), absent), store.find(keys.endpoint(own), absent)
    asset = store.find(keys.asset("data", "rows"), absent)
    version = store.find(keys.asset_version("data", "rows", "1"), absent)
    [(_, deployment)] = store.documents(keys.deployments(own))
    with store.transaction():
        for number in range(jobs):
            store.put(keys.job(f"copy-{number:07}"), {**done, "name": f"copy-{number:07}"})
        for number in range(assets):
            store.put(keys.asset("data", f"copy-{number:06}"), asset)
            store.put(keys.asset_version("data", f"copy-{number:06}", "1"), version)
            store.put(keys.asset_version("data", "rows", f"{number + 2}"), version)
        for number in range(1, deployments):
            name = f"copy-{number // OF_ENDPOINT:03}" if number >= OF_ENDPOINT else own
            store.put(keys.endpoint(name), endpoint)
            store.put(keys.deployment(name, f"copy-{number:04}"), deployment)
    entry = {"action": "promoted", "at": "2026-01-01T00:00:00Z"}
    history = "".join(json.dumps({**entry, "default": f"copy-{n:04}"}) + "\n" for n in range(deployments))
    workspace.blobs.put(workspace.names.default_container, f"releases/{PROBLEM}/history.jsonl", history.encode(), {})
