"""Fetch the real data from the UCI archive."""

from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.data.source import REAL_FOLDER
from scripts.lib.data.uci import CLEVELAND_URL, fetch_cleveland
from scripts.lib.telling import results


@command()
@click.option("--url", default=CLEVELAND_URL, show_default=True, help="Where the file is; a mirror or file:// too.")
@click.option(
    "--output",
    default=REAL_FOLDER,
    show_default="data/real",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write cleveland.csv to.",
)
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for the whole download.",
)
def main(url: str, output: Path, timeout: float) -> None:
    """Fetch UCI's heart disease data (Cleveland, 303 real patients), checked against a pinned SHA-256.

    Example: python -m scripts.fetch_data
    """
    target = output / "cleveland.csv"
    results.tell(f"Fetching {url}")
    rows = fetch_cleveland(url, target, timeout)
    results.tell(f"{rows} rows of real patients: {target}")
    results.emit({"file": str(target), "rows": rows, "url": url})


if __name__ == "__main__":
    main()
