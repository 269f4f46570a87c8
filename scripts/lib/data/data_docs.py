"""Write Great Expectations' Data Docs: a page for each judged file, readable without any network."""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from scripts.lib.data.distributions import Distribution
from scripts.lib.data.report import Finding

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

_KINDS = {"float64": "numbers", "int64": "whole numbers", "object": "texts", "str": "texts", "string": "texts"}
_TEMPLATE = Path(__file__).with_name("data_docs_page.j2")


def write_data_docs(
    folder: Path,
    judged: Mapping[str, Sequence["ExpectationValidationResult"]],
    findings: Sequence[Finding],
    suite_name: str,
    spread: Sequence[Distribution] = (),
) -> Path:
    """Write a page for each entry of ``judged`` to ``folder``; return the first to open, with all findings.

    That page is the one of the last entry: of the only file, or of all files together. It shows the ``spread`` of
    each column.
    """
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView
    from great_expectations.validator.validation_statistics import calc_validation_statistics

    folder.mkdir(parents=True, exist_ok=True)
    for page in folder.glob("*.html"):
        page.unlink()
    failed = {finding.file for finding in findings}
    first = list(judged)[-1]
    files = {name: "index.html" if name == first else f"{name.replace('/', '_')}.html" for name in judged}
    pages = [{"name": name, "link": quote(files[name]), "failed": name in failed} for name in judged]
    view = DefaultJinjaPageView(custom_views_directory=str(_TEMPLATE.parent))
    for name, results in judged.items():
        statistics = calc_validation_statistics(list(results))
        result = ExpectationSuiteValidationResult(
            success=statistics.success,
            results=[_escaped(result) for result in results],
            suite_name=suite_name,
            statistics=statistics._asdict(),
            meta={},
        )
        content = ValidationResultsPageRenderer().render(result)
        shown = spread if name == first else ()
        own = [finding for finding in findings if name in (finding.file, first)]
        html = view.render(content, template=_TEMPLATE.name, name=name, pages=pages, findings=own, spread=shown)
        # Its headings are of the fifth and sixth level; here they follow those of the first.
        html = re.sub(r"(</?h)([56])\b", lambda found: f"{found[1]}{int(found[2]) - 3}", html)
        (folder / files[name]).write_text(html, encoding="utf-8")
    return folder / files[first]


def _escaped(result: "ExpectationValidationResult") -> "ExpectationValidationResult":
    # Great Expectations puts the values it found into the page as they are, markup included.
    escaped = copy(result)
    escaped.result = _escape(_for_people(result.result))
    return escaped


def _for_people(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without examples of missing values, which say nothing, and with a list of names as text."""
    shown = dict(found)
    if isinstance(shown.get("observed_value"), list):
        shown["observed_value"] = ", ".join(map(str, shown["observed_value"]))
    if isinstance(shown.get("observed_value"), str):
        shown["observed_value"] = _KINDS.get(shown["observed_value"], shown["observed_value"])
    if all(value is None for value in shown.get("partial_unexpected_list") or ()):
        for key in ("partial_unexpected_list", "partial_unexpected_counts", "partial_unexpected_index_list"):
            shown.pop(key, None)
    return shown


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [_escape(item) for item in value]
    if isinstance(value, dict):
        return {key: _escape(item) for key, item in value.items()}
    return value
