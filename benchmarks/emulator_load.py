"""Load the embedded workspace with many clients at once and with many jobs, and check that nothing is lost.

    python -m benchmarks.emulator_load --clients 32 --jobs 10000

Each client submits jobs, polls them to their end, reads their log, changes a counter that all share (each change must
survive) and reads what it wrote. Told are the times of single calls by kind. Each client is a process; once with the
workspace in itself, as the commands of this repository have it, and once through one ``python -m emulator serve``
that all share. Then a workspace with many jobs, each with its files: listing a page, looking one up, reset.
"""

import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.emulator_clients import Client, job_body, meet_at, run_client
from emulator.service import Service
from emulator.state.records import TERMINAL
from emulator.state.workspace import Workspace
from emulator.wire.http import Response
from emulator.wire.names import API

_READY_SECONDS = 120.0


@contextmanager
def served(state: Path) -> Iterator[dict[str, str]]:
    """Serve the workspace in ``state``, by the command that users call; give the variables it hands out."""
    command = [sys.executable, "-m", "emulator", "serve", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        server.stderr.readline()
        os.set_blocking(server.stdout.fileno(), False)
        words = shlex.split(server.stdout.read())
        try:
            yield dict(word.split("=", 1) for word in words if word != "export")
        finally:
            server.terminate()


def prepare(workspace: Workspace) -> Client:
    """Make a compute, an environment and a run that all clients share; return a client of the workspace."""
    client = Client(Service(workspace).handle, workspace.names)
    compute = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}}}
    client.ask("prepare", "PUT", "/computes/cluster", {"location": "eastus", **compute})
    client.ask("prepare", "PUT", "/environments/plain/versions/1", {"properties": {"image": "image"}})
    shared = {"name": "shared", "display": "shared", "experiment": "load", "tags": {}, "status": "Running"}
    times = {"created": 0.0, "started": 0.0, "ended": None, "parent": None, "root": "shared"}
    workspace.store.put("mlflow-runs/shared", {**shared, **times})
    return client


def told(kind: str, seconds: Iterable[float]) -> str:
    """Write one line of the table: how many calls, and their times in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[max(0, round(len(ordered) * 0.95) - 1)]
    cells = (f"{value * 1000:9.1f}" for value in (statistics.median(ordered), p95, ordered[-1]))
    return f"{kind:22} {len(ordered):7} {' '.join(cells)}"


def load(state: Path, clients: int, jobs: int, variables: dict[str, str] | None, how: str) -> None:
    """Run all clients at once, print the times, and fail if anything was lost."""
    workspace = Workspace(state)
    prepare(workspace)
    context = get_context("spawn")
    ready = context.Barrier(clients + 1, timeout=_READY_SECONDS)
    with ProcessPoolExecutor(clients, context, meet_at, (ready,)) as pool:
        waiting = pool.map(partial(run_client, state, variables, jobs), range(clients))
        ready.wait()
        started = time.perf_counter()
        results = list(waiting)
        seconds = time.perf_counter() - started
    names = {name for _, found in results for name in found}
    kept = workspace.store.get("mlflow-runs/shared")["tags"]
    points = workspace.store.documents(f"points/shared/{b'count'.hex()}")
    lost = len(names - kept.keys()) + clients * jobs - len(points)
    click.echo(f"\n{clients} clients, {how}: {len(names)} jobs in {seconds:.1f} s, lost updates: {lost}")
    click.echo(f"{'call':22} {'calls':>7} {'median ms':>9} {'p95 ms':>9} {'max ms':>9}")
    by_kind: dict[str, list[float]] = {}
    for times, _ in results:
        for kind, values in times.items():
            by_kind.setdefault(kind, []).extend(values)
    for kind, values in by_kind.items():
        click.echo(told(kind, values))
    click.echo(told("all", (value for values in by_kind.values() for value in values)))
    if lost:
        raise click.ClickException(f"{lost} updates were lost.")


def many(state: Path, jobs: int) -> None:
    """Fill a workspace with finished jobs and time what a client does in it."""
    workspace = Workspace(state)
    client = prepare(workspace)
    name = f"first-{uuid.uuid4().hex[:8]}"
    client.ask("prepare", "PUT", f"/jobs/{name}", job_body())
    while (document := workspace.store.get(f"jobs/{name}"))["status"] not in TERMINAL:
        time.sleep(0.05)
    with workspace.store.transaction():
        for number in range(jobs):
            copy = f"job-{number:06}"
            workspace.store.put(f"jobs/{copy}", {**document, "name": copy})
            for files in ("runs/{}", "blobs/azureml/ExperimentRun/dcid.{}"):
                shutil.copytree(state / files.format(name), state / files.format(copy))
    root = f"/mlflow/v2.0{client.names.arm}/api/2.0/mlflow"
    calls: dict[str, Callable[[], Response]] = {
        "list a page": lambda: client.ask("list a page", "GET", "/jobs"),
        "get": lambda: client.ask("get", "GET", f"/jobs/job-{jobs // 2:06}"),
        "get as an MLflow run": lambda: client.ask("run", "GET", f"{root}/runs/get?run_id={name}", host=API),
        "children": lambda: client.ask(
            "children", "GET", f"/history/v1.0{client.names.arm}/runs/{name}/children", host=API
        ),
    }
    click.echo(f"\na workspace with {jobs} jobs")
    for kind, call in calls.items():
        seconds = []
        for _ in range(20):
            started = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - started)
        click.echo(told(kind, seconds))
    started = time.perf_counter()
    workspace.reset()
    click.echo(told("reset", [time.perf_counter() - started]))


@click.command(help=__doc__)
@click.option("--clients", default=32, show_default=True, help="Clients at once.")
@click.option("--jobs-each", default=10, show_default=True, help="Jobs that each client submits.")
@click.option("--jobs", default=10_000, show_default=True, help="Jobs of the full workspace.")
def main(clients: int, jobs_each: int, jobs: int) -> None:
    """Print the figures of both loads; fail when an update was lost or a call refused."""
    click.echo(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        load(Path(name) / "embedded", clients, jobs_each, None, "each with the workspace in itself")
        with served(Path(name) / "served") as variables:
            load(Path(name) / "served", clients, jobs_each, variables, "all through one server")
        many(Path(name) / "full", jobs)


if __name__ == "__main__":
    main()
