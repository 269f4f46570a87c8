"""Run a command once for each of several problems, one after the other."""

import os
import subprocess
import sys

import click

from scripts.lib.command import command
from scripts.lib.errors import Interrupted
from scripts.lib.parameter_types import CommandName, ProblemNames
from scripts.lib.telling import results


@command()
@click.option(
    "--problems",
    required=True,
    type=ProblemNames(),
    help="Problems as a JSON list, the name of one, or an empty text for all of the repository.",
)
@click.argument("name", metavar="COMMAND", type=CommandName())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(problems: list[str], name: str, arguments: tuple[str, ...]) -> int:
    """Run COMMAND for each problem; what one ends with does not keep the others from running.

    Options of COMMAND follow after `--`; it gets --problem. The exit code is the first that is not 0.

    Example: python -m scripts.repeat_command --problems '["wine", "diabetes"]' validate_data -- --data tables
    """
    worst = 0
    for problem in problems:
        if len(problems) > 1:
            results.tell(f"\n== {problem}")
        code = _ended([sys.executable, "-m", f"scripts.{name}", "--problem", problem, *arguments], problem)
        worst = worst or code
    return worst


def _ended(words: list[str], problem: str) -> int:
    """Run a command, and return its exit code; a signal for this process is passed on, and waited for."""
    process = subprocess.Popen(words, env={**os.environ, "PROBLEM": problem})
    stopped = None
    while process.poll() is None:
        try:
            process.wait()
        except Interrupted as interrupt:
            stopped = interrupt
            process.send_signal(interrupt.number)
    if stopped:
        raise stopped
    return process.returncode


if __name__ == "__main__":
    main()
