"""Strike every request of every command that writes with every kind of fault, and write docs/faults.md.

    python -m benchmarks.faults

What is done is kept in the work folder, so that a run that was cut short goes on where it was. ``--command`` takes one
command alone, ``--limit`` so many trials of each; without trials left, only the report is written.
"""

import json
import random
from pathlib import Path

import click

from benchmarks.faults.commands import prepare
from benchmarks.faults.report import write_report
from benchmarks.faults.trials import kinds_for, measure, try_once

ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.option("--work", default=ROOT / "out" / "faults", type=click.Path(file_okay=False, path_type=Path))
@click.option("--report", default=ROOT / "docs" / "faults.md", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--command", "chosen", multiple=True, help="Command to strike; all unless given. Repeatable.")
@click.option("--limit", type=int, help="Trials of each command, drawn at random; all unless given.")
def main(work: Path, report: Path, chosen: tuple[str, ...], limit: int | None) -> None:
    """Run the trials that are left, one after the other, and write the report."""
    work.mkdir(parents=True, exist_ok=True)
    results = work / "results.jsonl"
    states = work / "states"
    for command in prepare(states):
        if chosen and command.name not in chosen:
            continue
        baseline = measure(command, states, work / "trial")
        trials = [(asked, kind) for asked in baseline.requests for kind in kinds_for(asked)]
        random.Random(0).shuffle(trials)
        known = done(results, command.name)
        left = [(asked, kind) for asked, kind in trials[:limit] if (asked.words, kind) not in known]
        click.echo(f"{command.name}: {len(baseline.requests)} requests, {len(trials)} trials, {len(left)} of them now")
        with (work / f"{command.name}.total").open("w") as total:
            json.dump({"requests": len(baseline.requests), "trials": len(trials)}, total)
        for asked, kind in left:
            keep(results, try_once(baseline, asked, kind, states, work / "trial"))
    write_report(work, report)


def done(results: Path, command: str) -> set[tuple[str, str]]:
    """Return the trials of a command that were made before."""
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    return {(row["request"], row["kind"]) for row in rows if row["command"] == command}


def keep(results: Path, row: dict[str, object]) -> None:
    """Write one result down."""
    with results.open("a") as file:
        file.write(json.dumps(row) + "\n")
    if row["differences"]:
        click.echo(f"  {row['command']}: {row['kind']} at {row['request']}: {row['differences']}")


if __name__ == "__main__":
    main()
