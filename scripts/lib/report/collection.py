"""Put the reports of several problems on one page: what each of them says first, the reports themselves below."""

import json
from collections.abc import Sequence
from pathlib import Path

from scripts.lib.report.html import RESULTS, page
from scripts.lib.report.writing import DOCUMENT, REPORT


def collection_page(folders: Sequence[Path]) -> str:
    """Return the page of the reports in ``folders``, as HTML that needs no network."""
    reports = []
    for folder in folders:
        document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
        reports.append(
            {
                "endpoint": document["endpoint"],
                "headline": document["headline"],
                "mark": RESULTS[document["result"]],
                "page": (folder / REPORT).read_text(encoding="utf-8"),
            }
        )
    return page("collection.html.j2", reports=reports)
