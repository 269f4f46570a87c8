"""Show what a merge would do with each problem that it concerns."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.address import DataAddress, address_of
from scripts.lib.options import workspace_options
from scripts.lib.parameter_types import ProblemNames
from scripts.lib.telling import results
from scripts.lib.workspace.connection import Target, connect


@command()
@click.option(
    "--problems",
    default="",
    type=ProblemNames(),
    help="Problems as a JSON list, or the name of one; all of the repository unless given.",
)
@click.option(
    "--changed-since", default="", help="Plan only for problems that a change since this commit concerns; or for all."
)
@click.option(
    "--data",
    default="",
    help="CSV file or folder of CSV files; of several problems a folder that holds one of each one's name.",
)
@workspace_options
def main(problems: list[str], changed_since: str, data: str, target: Target) -> None:
    """Name the problems that a merge concerns, and those of them for which it has something to do.

    The output `problems` lists those to release, `concerned` all that the change concerns, `served` those that have a
    default. A problem that cannot be planned is among those to release: there its error stops it, and no other.

    Example: python -m scripts.plan_problems --changed-since HEAD^1
    """
    from scripts.lib.line.concern import changed_files, concerned_problems
    from scripts.lib.line.plan_of_problems import plan_problems
    from scripts.lib.telling.headlines import joined_headlines

    chosen = problems
    if changed_since:
        files = changed_files(changed_since)
        if files is None:
            results.tell(f"There is no commit {changed_since} here, so the change counts as one of every problem.")
        else:
            concerned = concerned_problems(files)
            chosen = [name for name in problems if name in concerned]
    place = (address_of(data) or Path(data)) if data else None
    if isinstance(place, DataAddress) and len(chosen) > 1:
        raise click.UsageError(f"{data} is data of one problem, and there are several: {', '.join(chosen)}.")
    plans = plan_problems(connect(target), chosen, place) if chosen else []
    headlines = {plan.problem: plan.headline for plan in plans}
    headlines = headlines or {"": "Changes no deployment: it concerns no problem."}
    result = {
        "concerned": chosen,
        "problems": [plan.problem for plan in plans if plan.runs],
        "served": [plan.problem for plan in plans if plan.default],
        "any": any(plan.runs for plan in plans),
        "headlines": headlines,
    }
    for plan in plans:
        results.tell(f"\n{plan.problem}\n{plan.text}")
    headline = joined_headlines(headlines)
    if not plans:
        results.tell(headline)
    results.emit(result, "\n".join(plan.summary for plan in plans) or f"### Plan\n\n{headline}\n")


if __name__ == "__main__":
    main()
