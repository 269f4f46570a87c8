"""Strike every request of every command that writes with every kind of fault, and write docs/faults.md.

    python -m benchmarks.faults

Commands are also killed at random moments, and every pair of them runs at the same time. What is done is kept in the
work folder, so that a run that was cut short goes on where it was. ``--command`` takes one command alone, ``--limit``
so many trials of each; without trials left, only the report is written.
"""

import json
import os
import random
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.faults.commands import Command, prepare
from benchmarks.faults.kills import kill_once
from benchmarks.faults.races import pairs, race_once
from benchmarks.faults.report import write_report
from benchmarks.faults.trials import Row, kinds_for, measure, try_once

ROOT = Path(__file__).resolve().parents[2]
# A trial that can be made later: what it is, as the results name it, and the function that makes it in a folder.
Trial = tuple[tuple[str, str, str], Callable[[Path], Row]]


@click.command()
@click.option("--work", default=ROOT / "out" / "faults", type=click.Path(file_okay=False, path_type=Path))
@click.option("--report", default=ROOT / "docs" / "faults.md", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--command", "chosen", multiple=True, help="Command to strike; all unless given. Repeatable.")
@click.option("--limit", type=int, help="Trials of each command, drawn at random; all unless given.")
@click.option("--kills", default=100, show_default=True, help="Kills at random moments, of all commands together.")
@click.option("--races/--no-races", default=True, show_default=True, help="Run every pair of commands at once.")
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Trials at the same time.")
def main(
    work: Path, report: Path, chosen: tuple[str, ...], limit: int | None, kills: int, races: bool, workers: int
) -> None:
    """Make the trials that are left, and write the report."""
    work.mkdir(parents=True, exist_ok=True)
    commands = [command for command in prepare(work / "states") if not chosen or command.name in chosen]
    for command in commands:
        _make(work, workers, command.name, _faults(command, work, limit))
    for number, command in enumerate(commands):
        share = kills // len(commands) + (number < kills % len(commands))
        _make(work, workers, f"{command.name}, killed", _kills(command, work, share))
    if races:
        _make(work, workers, "races", _races(commands, work))
    write_report(work, report)


def _faults(command: Command, work: Path, limit: int | None) -> list[Trial]:
    baseline = measure(command, work / "states", work / "trial")
    trials = [(request, kind) for request in baseline.requests for kind in kinds_for(request)]
    with (work / f"{command.name}.trials").open("w") as file:
        json.dump([[request.words, kind] for request, kind in trials], file)
    random.Random(0).shuffle(trials)
    return [
        ((command.name, request.words, kind), partial(try_once, baseline, request, kind, work / "states"))
        for request, kind in trials[:limit]
    ]


def _kills(command: Command, work: Path, number: int) -> list[Trial]:
    baseline = measure(command, work / "states", work / "trial")
    moments = [random.Random(f"{command.name} {one}").random() for one in range(number)]
    return [
        (
            (command.name, f"at {moment:.4f} of its time", "killed at a random moment"),
            partial(kill_once, baseline, moment, work / "states"),
        )
        for moment in moments
    ]


def _races(commands: list[Command], work: Path) -> list[Trial]:
    return [
        ((f"{one.name} and {other.name}", "all", "at the same time"), partial(race_once, one, other, work / "states"))
        for one, other in pairs(commands)
    ]


def _make(work: Path, workers: int, name: str, trials: Iterable[Trial]) -> None:
    """Make the trials that are left, so many at a time, each in a folder of its worker; keep each result."""
    results = work / "results.jsonl"
    known = _done(results)
    left = [trial for trial in trials if trial[0] not in known]
    click.echo(f"{name}: {len(left)} trials now")
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        for future in as_completed([pool.submit(_in_folder, make, work) for _, make in left]):
            row = future.result()
            with results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            if row["differences"]:
                click.echo(f"  {row['command']}: {row['kind']} at {row['request']}: {row['differences']}")


def _in_folder(make: Callable[[Path], Row], work: Path) -> Row:
    return make(work / f"trial-{os.getpid()}")


def _done(results: Path) -> set[tuple[str, str, str]]:
    """Return the trials that were made before."""
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {(row["command"], row["request"], row["kind"]) for row in rows}


if __name__ == "__main__":
    main()
