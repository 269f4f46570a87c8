"""Load the embedded workspace with many clients at once and with many jobs, and check that nothing is lost.

    python -m benchmarks.emulator_load --clients 32 --jobs 10000

Clients are threads of a few processes that share one workspace. Each submits jobs, polls them to their end, reads
their log, changes a counter that all share (each change must survive) and reads what it wrote. Told are the times of
single calls by kind. Then a workspace with many jobs: listing a page, looking one up, reset.
"""

import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click

from emulator.http import Request, Response
from emulator.names import API, MANAGEMENT
from emulator.service import Workspace

PROCESSES = 4
TERMINAL = ("Completed", "Failed", "Canceled")


class Client:
    """Sends requests as the SDK does and keeps how long each took."""

    def __init__(self, state: Path) -> None:
        self.workspace = Workspace(state)
        self.times: dict[str, list[float]] = {}

    def ask(self, kind: str, method: str, path: str, body: object = None, host: str = MANAGEMENT) -> Response:
        """Send one request to ``path`` below the workspace; fail on any answer but a good one."""
        prefix = "" if host != MANAGEMENT else self.workspace.names.arm
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request(method, f"https://{host}{prefix}{path}", {}, content)
        started = time.perf_counter()
        response = self.workspace.handle(request)
        self.times.setdefault(kind, []).append(time.perf_counter() - started)
        if response.status >= 400:
            raise click.ClickException(f"{method} {path}: {response.status} {response.body[:500]!r}")
        return response


def job_body() -> dict:
    """Return a command job that does next to nothing."""
    properties = {
        "jobType": "Command",
        "command": "echo done",
        "computeId": "cluster",
        "environmentId": "azureml:plain:1",
    }
    return {"properties": {**properties, "experimentName": "load"}}


def one_client(state: Path, jobs: int, number: int) -> tuple[dict[str, list[float]], list[str]]:
    """Submit, poll and read ``jobs`` jobs, logging to one shared run; return times by kind and the jobs' names."""
    client = Client(state)
    root = f"/mlflow/v2.0{client.workspace.names.arm}/api/2.0/mlflow"
    names = []
    for _ in range(jobs):
        name = f"load-{number}-{uuid.uuid4().hex[:8]}"
        client.ask("submit", "PUT", f"/jobs/{name}", job_body())
        metric = {"run_id": "shared", "key": "count", "value": len(names), "step": number, "timestamp": time.time_ns()}
        client.ask("log a metric", "POST", f"{root}/runs/log-metric", metric, API)
        tag = {"run_id": "shared", "key": name, "value": str(number)}
        client.ask("change a shared run", "POST", f"{root}/runs/set-tag", tag, API)
        while True:
            answer = client.ask("get", "GET", f"/jobs/{name}")
            if json.loads(answer.body)["properties"]["status"] in TERMINAL:
                break
            time.sleep(0.05)
        client.ask("list", "GET", "/jobs")
        host, blob = client.workspace.names.storage_host, f"/azureml/ExperimentRun/dcid.{name}/user_logs/std_log.txt"
        if client.ask("download", "GET", blob, host=host).body != b"done\n":
            raise click.ClickException(f"Job {name} left no log.")
        names.append(name)
    client.workspace.store.close()
    return client.times, names


def some_clients(state: Path, jobs: int, numbers: list[int]) -> list[tuple[dict[str, list[float]], list[str]]]:
    """Run several clients as threads of this process."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(partial(one_client, state, jobs), numbers))


def prepare(state: Path) -> Client:
    """Make a workspace with a compute, an environment and a run that all clients share."""
    client = Client(state)
    compute = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}}}
    client.ask("prepare", "PUT", "/computes/cluster", {"location": "eastus", **compute})
    client.ask("prepare", "PUT", "/environments/plain/versions/1", {"properties": {"image": "image"}})
    shared = {"name": "shared", "display": "shared", "experiment": "load", "tags": {}, "status": "Running"}
    times = {"created": 0.0, "started": 0.0, "ended": None, "parent": None, "root": "shared"}
    client.workspace.store.put("mlflow-runs/shared", {**shared, **times})
    return client


def told(kind: str, seconds: Iterable[float]) -> str:
    """Write one line of the table: how many calls, and their times in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[max(0, round(len(ordered) * 0.95) - 1)]
    cells = (f"{value * 1000:9.1f}" for value in (statistics.median(ordered), p95, ordered[-1]))
    return f"{kind:22} {len(ordered):7} {' '.join(cells)}"


def load(state: Path, clients: int, jobs: int) -> None:
    """Run all clients at once, print the times, and fail if anything was lost."""
    client = prepare(state)
    groups = [list(range(clients))[start::PROCESSES] for start in range(min(PROCESSES, clients))]
    started = time.perf_counter()
    with ProcessPoolExecutor(len(groups), get_context("spawn")) as pool:
        results = [result for group in pool.map(partial(some_clients, state, jobs), groups) for result in group]
    seconds = time.perf_counter() - started
    names = {name for _, found in results for name in found}
    kept = client.workspace.store.get("mlflow-runs/shared")["tags"]
    points = client.workspace.store.documents(f"points/shared/{b'count'.hex()}")
    lost = len(names - kept.keys()) + clients * jobs - len(points)
    click.echo(
        f"{clients} clients in {len(groups)} processes, {len(names)} jobs in {seconds:.1f} s, lost updates: {lost}"
    )
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
    client = prepare(state)
    name = f"first-{uuid.uuid4().hex[:8]}"
    client.ask("prepare", "PUT", f"/jobs/{name}", job_body())
    while (document := client.workspace.store.get(f"jobs/{name}"))["status"] not in TERMINAL:
        time.sleep(0.05)
    with client.workspace.store.transaction():
        for number in range(jobs):
            client.workspace.store.put(f"jobs/job-{number:06}", {**document, "name": f"job-{number:06}"})
    root = f"/mlflow/v2.0{client.workspace.names.arm}/api/2.0/mlflow"
    calls: dict[str, Callable[[], Response]] = {
        "list a page": lambda: client.ask("list a page", "GET", "/jobs"),
        "get": lambda: client.ask("get", "GET", f"/jobs/job-{jobs // 2:06}"),
        "get as an MLflow run": lambda: client.ask("run", "GET", f"{root}/runs/get?run_id={name}", host=API),
        "children": lambda: client.ask(
            "children", "GET", f"/history/v1.0{client.workspace.names.arm}/runs/{name}/children", host=API
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
    client.workspace.reset()
    click.echo(told("reset", [time.perf_counter() - started]))


@click.command(help=__doc__)
@click.option("--clients", default=32, show_default=True, help="Clients at once.")
@click.option("--jobs-each", default=3, show_default=True, help="Jobs that each client submits.")
@click.option("--jobs", default=10_000, show_default=True, help="Jobs of the full workspace.")
def main(clients: int, jobs_each: int, jobs: int) -> None:
    """Print the figures of both loads; fail when an update was lost or a call refused."""
    click.echo(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        load(Path(name) / "loaded", clients, jobs_each)
        many(Path(name) / "full", jobs)


if __name__ == "__main__":
    main()
