"""Write a report into a folder: the document as JSON, and its page."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.lib.report.document import Document, as_json

REPORT, DOCUMENT, CARD = "report.html", "report.json", "card.md"


def write_report(document: Document, folder: Path) -> Path:
    """Write the document and its page; return the page."""
    from scripts.lib.report.html import report_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / DOCUMENT).write_text(as_json(document), encoding="utf-8")
    (folder / REPORT).write_text(report_page(document), encoding="utf-8")
    return folder / REPORT


def page_name(document: Mapping[str, Any]) -> str:
    """Return the file name of a report that tells it from the others of its run: by endpoint, kind and candidate."""
    judged = [one["candidate"] for one in document["judgements"]] if document["kind"] == "evaluation" else []
    parts = ["report", document["endpoint"], document["kind"], *judged]
    return re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(parts)) + ".html"
