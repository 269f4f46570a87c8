"""Name a report after what it is about, for a workflow that keeps it as a page; then link it in the job's summary."""

import json
import shutil
from pathlib import Path

import click

from scripts.lib.command import command
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
@click.option("--url", help="Where the page was put: link it, and copy nothing.")
def main(folders: tuple[Path, ...], url: str | None) -> None:
    """Copy report.html to out/report-NAME.html, where NAME is its own among the reports of a run.

    Example: python -m scripts.share_report --folder out/evidence --folder out/validation
    """
    from scripts.lib.report.writing import DOCUMENT, REPORT, page_name

    found = [folder for folder in folders if (folder / DOCUMENT).is_file() and (folder / REPORT).is_file()]
    if not found:
        results.tell("There is no report to share.")
        results.emit({"page": ""})
        return
    document = json.loads((found[0] / DOCUMENT).read_text(encoding="utf-8"))
    page = Path("out") / page_name(document)
    if url:
        results.emit({"page": str(page)}, f"[Report with charts]({url})")
        return
    page.parent.mkdir(exist_ok=True)
    shutil.copyfile(found[0] / REPORT, page)
    results.emit({"page": str(page)})


if __name__ == "__main__":
    main()
