"""Time what people do in a full embedded workspace, beside one with little: `python -m benchmarks.workspace_size`.

Full is by options: jobs that have ended, data assets and as many versions of one of them, and deployments. The same
calls of the SDK, and whole commands, run in both; then a folder of many files and a large one are brought in and out,
and an output is written by a step and fetched from a served workspace, each beside a tenth of it. A figure should be
within twice that of the small workspace, or grow as what is asked for does.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import click

from benchmarks.full_workspace import PROBLEM, begin, connected, fill, run_command
from benchmarks.large_folders import Took, of_component, of_folder, of_output, took
from emulator.client import deactivate
from scripts.lib.workspace.endpoint_names import endpoint_name

PAGE, REPEATS = 50, 5
# As many jobs as a command looks at, and a page of the rest.
LITTLE = (500, PAGE, 1)


def calls(client: Any, job: str) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by what people call it."""
    endpoint = endpoint_name(client, PROBLEM)

    def submitted() -> None:
        from azure.ai.ml import command

        client.jobs.create_or_update(command(command="true", environment="plain:1", compute="cluster"))

    def registered() -> None:
        from azure.ai.ml.entities import Data

        path = client.data.get("rows", version="1").path
        client.data.create_or_update(Data(name="rows", type="uri_folder", path=path))

    return {
        f"list {PAGE} jobs": lambda: list(islice(client.jobs.list(), PAGE)),
        "look up a job": lambda: client.jobs.get(job),
        "its steps": lambda: list(client.jobs.list(parent_job_name=job)),
        f"list {PAGE} data assets": lambda: list(islice(client.data.list(), PAGE)),
        "look up an asset": lambda: client.data.get("rows", version="1"),
        "the latest of it": lambda: client.data.get("rows", label="latest"),
        "register its next version": registered,
        "look up an endpoint": lambda: client.batch_endpoints.get(endpoint),
        "list the endpoints": lambda: list(client.batch_endpoints.list()),
        "deployments of one": lambda: list(client.batch_deployments.list(endpoint)),
        "submit a job": submitted,
    }


def command_calls(state: Path) -> dict[str, Callable[[], Any]]:
    """Return whole commands, each a process that starts with the imports."""
    names = ("plan_release", "show_status", "show_history")
    return {name: lambda name=name: run_command(state, f"scripts.{name}") for name in names}  # type: ignore[misc]


def median(call: Callable[[], Any]) -> float:
    """Return the median of a processor's time that a call takes, in milliseconds."""
    return 1000 * statistics.median(took(call).processor for _ in range(REPEATS))


def tell_calls(rows: Iterable[tuple[str, float, float]]) -> None:
    """Print the processor's times of calls: what, in the small workspace, in the full one, how many times as long."""
    click.echo("| | little | full | times |\n|---|---|---|---|")
    for what, small, large in rows:
        click.echo(f"| {what} | {small:.1f} ms | {large:.1f} ms | {large / small:.1f} |")


def tell_folders(what: str, tenth: dict[str, Took], whole: dict[str, Took]) -> None:
    """Print what a folder takes, and how many times as much as a tenth of it."""
    for way, all_of_it in whole.items():
        part = tenth[way]
        click.echo(
            f"| {way}: {what} | {part.wall:.2f} | {all_of_it.wall:.2f} | {all_of_it.wall / part.wall:.1f}"
            f" | {part.processor:.2f} | {all_of_it.processor:.2f} | {all_of_it.processor / part.processor:.1f}"
            f" | {all_of_it.inside:.2f} |"
        )


def tell_outputs(state: Path, megabytes: int) -> None:
    """Print what an output takes, beside a tenth of it."""
    click.echo("\n| output | written and stored, s | fetched, s | peak of the server, MB | of the client |")
    click.echo("|---|---|---|---|---|")
    for size in (max(megabytes // 10, 1), megabytes):
        written, fetched, of_server, of_client = of_output(state, size)
        click.echo(f"| {size:,} MB | {written:.1f} | {fetched:.1f} | {of_server:.0f} | {of_client:.0f} |")


@click.command(help=__doc__)
@click.option("--jobs", default=100_000, show_default=True, help="Jobs of the full workspace.")
@click.option("--assets", default=10_000, show_default=True, help="Data assets of the full workspace.")
@click.option("--deployments", default=500, show_default=True, help="Deployments of the full workspace.")
@click.option("--files", default=10_000, show_default=True, help="Files of the folder of many; 0 leaves it out.")
@click.option("--megabytes", default=2_000, show_default=True, help="Size of the folder of one file; 0 leaves it out.")
@click.option("--output", default=5_000, show_default=True, help="Megabytes of the output; 0 leaves it out.")
@click.option("--commands/--no-commands", default=True, help="Time whole commands, too.")
def main(jobs: int, assets: int, deployments: int, files: int, megabytes: int, output: int, commands: bool) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        found: list[dict[str, float]] = []
        for kind, copies in {"little": LITTLE, "full": (jobs, assets, deployments)}.items():
            (place / f"rows-{kind}").mkdir()
            client = connected(place / kind)
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                job = begin(client, place / kind, place / f"rows-{kind}")
            fill(client, place / kind, job, *copies)
            wanted = calls(client, job) | (command_calls(place / kind) if commands else {})
            found.append({what: median(call) for what, call in wanted.items()})
        tell_calls((what, time_of, found[1][what]) for what, time_of in found[0].items())
        click.echo("\n| | a tenth: s | all: s | times | a tenth: CPU s | all: CPU s | times | of it the workspace's |")
        click.echo("|---|---|---|---|---|---|---|---|")
        if files:
            sizes = (max(files // 10, 1), files)
            tell_folders(f"{files:,} files", *(of_folder(client, place, size, 1_000) for size in sizes))
            tell_folders(f"code of {files:,} files", *(of_component(client, place, size) for size in sizes))
        if megabytes:
            sizes = (max(megabytes // 10, 1), megabytes)
            tell_folders(f"{megabytes:,} MB", *(of_folder(client, place, 1, size * 1_000_000) for size in sizes))
        deactivate()
        if output:
            tell_outputs(place / "full", output)


if __name__ == "__main__":
    main()
