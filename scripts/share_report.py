"""Name a report after what it is about, for a workflow that keeps it as a page; then link it in the job's summary."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import click

from scripts.lib.command import command
from scripts.lib.parameter_types import ProblemNames
from scripts.lib.telling import results


@command()
@click.option(
    "--folder",
    "folders",
    multiple=True,
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of a report. Repeatable; the first that holds one counts.",
)
@click.option(
    "--problems",
    default="[]",
    type=ProblemNames(),
    help="Problems as a JSON list: their reports in out/PROBLEM count first, several on one page.",
)
@click.option("--url", help="Where the page was put: link it, and copy nothing.")
def main(folders: tuple[Path, ...], problems: list[str], url: str | None) -> None:
    """Copy report.html to out/report-NAME.html, where NAME is its own among the reports of a run.

    Example: python -m scripts.share_report --folder out/evidence --folder out/validation
    """
    from scripts.lib.report.collection import collection_page
    from scripts.lib.report.writing import DOCUMENT, REPORT, page_name

    found = [
        place for name in problems if (place := _with_report([Path("out", name), Path("out", name, "validation")]))
    ]
    if not found and (other := _with_report(folders)):
        found = [other]
    if not found:
        results.tell("There is no report to share.")
        results.emit({"page": ""})
        return
    document = json.loads((found[0] / DOCUMENT).read_text(encoding="utf-8"))
    page = Path("out") / (page_name(document) if len(found) == 1 else f"report-{len(found)}-problems.html")
    if url:
        results.emit({"page": str(page)}, f"[Report with charts]({url})")
        return
    page.parent.mkdir(exist_ok=True)
    if len(found) == 1:
        shutil.copyfile(found[0] / REPORT, page)
    else:
        page.write_text(collection_page(found), encoding="utf-8")
    results.emit({"page": str(page)})


def _with_report(folders: Iterable[Path]) -> Path | None:
    """Return the first of the folders that holds a report."""
    from scripts.lib.report.writing import DOCUMENT, REPORT

    return next((each for each in folders if (each / DOCUMENT).is_file() and (each / REPORT).is_file()), None)


if __name__ == "__main__":
    main()
