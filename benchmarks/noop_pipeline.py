"""Time a pipeline of two steps that do nothing, here and in other runners, side by side.

    python -m benchmarks.noop_pipeline --runs 10

Here: the pipeline is deployed to a batch endpoint; a run is timed from ``invoke`` through a warm client to the
first poll that sees ``Completed``, each step a process of its own, nothing reused. For the others, the like in a
process that has them imported where they can do that, and the whole process in every case. Metaflow and kfp are
installed into a throw-away environment by uv; what cannot be installed is named and left out.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.throw_away import install

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("metaflow", "kfp")

METAFLOW = """
from metaflow import FlowSpec, step

class Noop(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass

if __name__ == "__main__":
    Noop()
"""
KFP = """
import json, sys, time
from kfp import dsl, local

@dsl.component(install_kfp_package=False, base_image="python:3.11")
def first() -> str:
    return "x"

@dsl.component(install_kfp_package=False, base_image="python:3.11")
def second(text: str):
    pass

@dsl.pipeline
def noop():
    second(text=first().output)

local.init(runner=local.SubprocessRunner(use_venv=False))
times = []
for _ in range(int(sys.argv[1])):
    started = time.perf_counter()
    noop()
    times.append(time.perf_counter() - started)
with open(sys.argv[2], "w") as file:
    json.dump(times, file)
"""
PIPELINE = """
type: pipeline
name: noop
version: "1"
jobs:
  first:
    type: command
    component:
      name: first
      version: "1"
      type: command
      environment: azureml:plain:1
      command: python -c pass ${{outputs.text}}
      outputs: {text: {type: uri_folder}}
  second:
    type: command
    inputs: {text: "${{parent.jobs.first.outputs.text}}"}
    component:
      name: second
      version: "1"
      type: command
      environment: azureml:plain:1
      command: python -c pass ${{inputs.text}}
      inputs: {text: {type: uri_folder}}
"""
DEPLOYMENT = """
type: pipeline
name: noop
endpoint_name: noop
component: pipeline.yml
settings: {default_compute: cluster, force_rerun: "True", continue_on_step_failure: "False"}
"""
OURS = """
import sys
from pathlib import Path
from benchmarks.noop_pipeline import deployed
deployed(Path(sys.argv[1]))()
"""


def deployed(folder: Path) -> Callable[[], float]:
    """Deploy the pipeline in a workspace in ``folder``; return what runs it once and gives the seconds it took."""
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Environment
    from azure.ai.ml.entities._load_functions import load_pipeline_component_batch_deployment

    from emulator.client import activate

    embedded = activate(folder / "state")
    names = embedded.names
    ml = MLClient(embedded.credential, names.subscription, names.group, names.workspace, enable_telemetry=False)
    ml.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    ml.environments.create_or_update(Environment(name="plain", version="1", image="image"))
    ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name="noop")).result()
    for name, text in {"pipeline.yml": PIPELINE, "deployment.yml": DEPLOYMENT}.items():
        (folder / name).write_text(text)
    deployment = load_pipeline_component_batch_deployment(folder / "deployment.yml")
    ml.batch_deployments.begin_create_or_update(deployment).result()

    def run() -> float:
        started = time.perf_counter()
        job = ml.batch_endpoints.invoke(endpoint_name="noop", deployment_name="noop")
        while (status := ml.jobs.get(job.name).status) not in ("Completed", "Failed", "Canceled"):
            time.sleep(0.01)
        seconds = time.perf_counter() - started
        if status != "Completed":
            raise click.ClickException(f"The pipeline ended {status}; see {folder}.")
        return seconds

    return run


def whole_process(command: list[str], **options: object) -> float:
    """Run ``command`` to its end and return the seconds it took."""
    started = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if result.returncode:
        raise click.ClickException(f"{' '.join(command)} failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return time.perf_counter() - started


def others(folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """Time the same in other runners; return name to seconds, ``warm`` in a process and ``whole`` process."""
    python, there = install(folder, PACKAGES)
    figures = {}
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "USERNAME": "benchmark"}
    if "metaflow" in there:
        (folder / "flow.py").write_text(METAFLOW)
        command = [str(python), "flow.py", "--quiet", "run"]
        times = [whole_process(command, cwd=folder, env=environment) for _ in range(runs + 1)][1:]
        figures["Metaflow"] = {"whole": statistics.median(times)}
    if "kfp" in there:
        (folder / "kfp_noop.py").write_text(KFP)
        command = [str(python), "kfp_noop.py", "1", "times.json"]
        times = [whole_process(command, cwd=folder, env=environment) for _ in range(runs + 1)][1:]
        whole_process([*command[:2], str(runs + 1), "times.json"], cwd=folder, env=environment)
        warm = json.loads((folder / "times.json").read_text())[1:]
        figures["kfp local"] = {"warm": statistics.median(warm), "whole": statistics.median(times)}
    return figures


@click.command(help=__doc__)
@click.option("--runs", default=10, show_default=True, help="Runs of each; the median is told.")
@click.option("--alone", is_flag=True, help="Leave out the other runners.")
def main(runs: int, alone: bool) -> None:
    """Print a table of medians in seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = deployed(folder)
        warm = [run() for _ in range(runs + 1)][1:]
        (folder / "whole").mkdir()
        command = [sys.executable, "-c", OURS, str(folder / "whole")]
        whole = [whole_process(command, cwd=ROOT) for _ in range(max(1, runs // 3))]
        figures = {"embedded workspace": {"warm": statistics.median(warm), "whole": statistics.median(whole)}}
        if not alone:
            figures |= others(folder, max(1, runs // 2))
    click.echo(f"two no-op steps, median seconds, {os.cpu_count()} cores")
    click.echo(f"{'':20} {'warm client':>12} {'whole process':>14}")
    for runner, figure in figures.items():
        cells = (f"{figure[kind]:.2f}" if kind in figure else "-" for kind in ("warm", "whole"))
        click.echo("{:20} {:>12} {:>14}".format(runner, *cells))
    click.echo(f"embedded workspace, warm: {min(warm):.2f} to {max(warm):.2f}")


if __name__ == "__main__":
    main()
