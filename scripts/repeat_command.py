"""Run a command once for each of several problems, one after the other."""

import click

from scripts.lib.command import command, ended_with
from scripts.lib.options import CommandName, ProblemNames
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
        code = ended_with(name, ["--problem", problem, *arguments], {"PROBLEM": problem})
        worst = worst or code
        if code > 128:  # told to stop: so are all
            return code
    return worst


if __name__ == "__main__":
    main()
