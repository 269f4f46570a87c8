"""Time what people do in a full embedded workspace, beside one with a page: `python -m benchmarks.workspace_size`.

Full is by options: jobs that have ended, data assets, and endpoints. The same calls of the SDK, and whole commands, run
in both; then a folder of many files and a large one are brought in and out, beside a tenth of them. A figure should be
within twice that of the small workspace, or grow as what is asked for does.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import click

from emulator.client import activate, deactivate
from emulator.state import keys
from emulator.state.workspace import Workspace

PAGE, REPEATS = 50, 5
ENDPOINT = "size"


def connected(state: Path):
    """Return the SDK's client of the workspace in ``state``."""
    from azure.ai.ml import MLClient

    embedded = activate(state)
    names = embedded.names
    return MLClient(embedded.credential, names.subscription, names.group, names.workspace, enable_telemetry=False)


def begin(client, place: Path) -> str:
    """Make one of everything; return the name of a job that has ended."""
    from azure.ai.ml import command
    from azure.ai.ml.entities import AmlCompute, BatchEndpoint, Data, Environment

    client.compute.begin_create_or_update(AmlCompute(name="cluster", size="Standard_DS3_v2")).result()
    client.environments.create_or_update(Environment(name="plain", version="1", image="image"))
    (place / "rows.csv").write_text("a\n1\n")
    client.data.create_or_update(Data(name="rows", version="1", type="uri_folder", path=str(place)))
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=ENDPOINT)).result()
    job = client.jobs.create_or_update(command(command="true", environment="plain:1", compute="cluster"))
    while client.jobs.get(job.name).status not in ("Completed", "Failed"):
        time.sleep(0.1)
    return str(job.name)


def fill(state: Path, job: str, jobs: int, assets: int, endpoints: int) -> None:
    """Copy what ``begin`` made: jobs, data assets, endpoints."""
    store = Workspace(state).store
    done, endpoint = store.get(keys.job(job)), store.get(keys.endpoint(ENDPOINT))
    asset, version = store.get(keys.asset("data", "rows")), store.get(keys.asset_version("data", "rows", "1"))
    with store.transaction():
        for number in range(jobs):
            store.put(keys.job(f"copy-{number:07}"), {**done, "name": f"copy-{number:07}"})
        for number in range(assets):
            store.put(keys.asset("data", f"copy-{number:06}"), asset)
            store.put(keys.asset_version("data", f"copy-{number:06}", "1"), version)
        for number in range(endpoints):
            store.put(keys.endpoint(f"copy-{number:03}"), endpoint)


def calls(client, job: str) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by what people call it."""

    def submitted() -> None:
        from azure.ai.ml import command

        client.jobs.create_or_update(command(command="true", environment="plain:1", compute="cluster"))

    return {
        f"list {PAGE} jobs": lambda: list(islice(client.jobs.list(), PAGE)),
        "look up a job": lambda: client.jobs.get(job),
        "its steps": lambda: list(client.jobs.list(parent_job_name=job)),
        f"list {PAGE} data assets": lambda: list(islice(client.data.list(), PAGE)),
        "look up an asset": lambda: client.data.get("rows", version="1"),
        "the latest of it": lambda: client.data.get("rows", label="latest"),
        "look up an endpoint": lambda: client.batch_endpoints.get(ENDPOINT),
        "list the endpoints": lambda: list(client.batch_endpoints.list()),
        "deployments of one": lambda: list(client.batch_deployments.list(ENDPOINT)),
        "submit a job": submitted,
    }


def command_calls(state: Path) -> dict[str, Callable[[], Any]]:
    """Return whole commands, each a process that starts with the imports."""
    variables = {**os.environ, "AZUREML_LOCAL_STATE": str(state), "PROBLEM": "wine"}

    def run(name: str) -> Callable[[], Any]:
        line = [sys.executable, "-m", f"scripts.{name}"]
        return lambda: subprocess.run(line, env=variables, capture_output=True, check=True)

    return {name: run(name) for name in ("plan_release",)}


def timed(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the median time of a call, in milliseconds."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            call()
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)


def told(rows: Iterable[tuple[str, float, float]], heads: tuple[str, str]) -> None:
    """Print a table: what, in the one, in the other, and how many times as long."""
    click.echo(f"\n{'':34} {heads[0]:>16} {heads[1]:>16} {'times':>7}")
    for what, small, large in rows:
        click.echo(f"{what:34} {small:13.1f} ms {large:13.1f} ms {large / small:7.1f}")


def of_folder(client, place: Path, files: int, each: int) -> tuple[float, float]:
    """Return the times of registering a folder of ``files`` files of ``each`` bytes, and of fetching it."""
    from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri
    from azure.ai.ml.entities import Data

    folder = place / f"of-{files}-{each}"
    folder.mkdir()
    block = os.urandom(min(each, 1 << 20))
    for number in range(files):
        with (folder / f"{number:06}").open("wb") as file:
            file.write(number.to_bytes(8, "big"))
            for _ in range(max(each // len(block), 1)):
                file.write(block)
    asset = Data(name=folder.name, version="1", type="uri_folder", path=str(folder))
    up = timed(lambda: client.data.create_or_update(asset), 1)
    path = client.data.get(folder.name, version="1").path
    target = place / f"back-{folder.name}"
    target.mkdir()
    down = timed(lambda: download_artifact_from_aml_uri(path, str(target), client.datastores), 1)
    return up, down


@click.command(help=__doc__)
@click.option("--jobs", default=100_000, show_default=True, help="Jobs of the full workspace.")
@click.option("--assets", default=10_000, show_default=True, help="Data assets of the full workspace.")
@click.option("--endpoints", default=99, show_default=True, help="Further endpoints of the full workspace.")
@click.option("--files", default=10_000, show_default=True, help="Files of the folder of many.")
@click.option("--megabytes", default=5_000, show_default=True, help="Size of the folder of one large file.")
@click.option("--commands/--no-commands", default=True, help="Time whole commands, too.")
def main(jobs: int, assets: int, endpoints: int, files: int, megabytes: int, commands: bool) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        found: list[dict[str, float]] = []
        for kind, copies in {"small": (PAGE, PAGE, 1), "full": (jobs, assets, endpoints)}.items():
            (place / f"rows-{kind}").mkdir()
            client = connected(place / kind)
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                job = begin(client, place / f"rows-{kind}")
            fill(place / kind, job, *copies)
            wanted = calls(client, job) | (command_calls(place / kind) if commands else {})
            found.append({what: timed(call) for what, call in wanted.items()})
        told(((what, time_of, found[1][what]) for what, time_of in found[0].items()), ("a page of each", "full"))
        small = max(files // 10, 1), max(megabytes // 10, 1)
        many = [of_folder(client, place, count, 1_000) for count in (small[0], files)]
        large = [of_folder(client, place, 1, size * 1_000_000) for size in (small[1], megabytes)]
        told(
            [
                (f"{way} {what}", pair[0][index], pair[1][index])
                for what, pair in ((f"{files:,} files", many), (f"{megabytes:,} MB", large))
                for index, way in enumerate(("bring in", "fetch"))
            ],
            ("a tenth of it", "all of it"),
        )
        deactivate()


if __name__ == "__main__":
    main()
