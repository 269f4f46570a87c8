"""Write a report into a folder: the document as JSON, and its page."""

from pathlib import Path

from scripts.lib.report.document import Document, as_json

REPORT, DOCUMENT, CARD = "report.html", "report.json", "card.md"


def write_report(document: Document, folder: Path) -> Path:
    """Write the document and its page; return the page."""
    from scripts.lib.report.html import report_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / DOCUMENT).write_text(as_json(document), encoding="utf-8")
    (folder / REPORT).write_text(report_page(document), encoding="utf-8")
    return folder / REPORT
