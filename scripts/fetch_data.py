"""Fetch the data that a problem's description names on the web."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.options import problem_option
from scripts.lib.telling import results


@command()
@problem_option
@click.option("--url", help="Where the file is, unless where the description says; a mirror or file:// too.")
@click.option(
    "--output",
    show_default="data/PROBLEM/real",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write the file to.",
)
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for the whole download.",
)
def main(endpoint: str, url: str | None, output: Path | None, timeout: float) -> None:
    """Fetch the file, check it against its pinned SHA-256, and write it as CSV with a header.

    Example: python -m scripts.fetch_data
    """
    from scripts.lib.data.origin import fetch_origin, origin_of
    from scripts.lib.repository.problem import find_problem

    problem = find_problem(endpoint)
    origin = origin_of(problem)
    target = (output or problem.real_folder) / f"{origin.name}.csv"
    results.tell(f"Fetching {url or origin.url}")
    rows = fetch_origin(problem, url or origin.url, target, timeout)
    results.tell(f"{rows} rows ({origin.title}): {target}")
    results.emit({"file": str(target), "rows": rows, "url": url or origin.url})


if __name__ == "__main__":
    main()
