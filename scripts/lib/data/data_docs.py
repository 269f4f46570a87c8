"""Write Great Expectations' Data Docs: a page for each judged file, and an index when there are several."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_data_docs(index: Path, judged: Mapping[str, Sequence[Any]]) -> None:
    """Write the page of the results by file to ``index``; with several files, one page each beside it."""
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView
    from great_expectations.validator.validation_statistics import calc_validation_statistics

    index.parent.mkdir(parents=True, exist_ok=True)
    for name, results in judged.items():
        statistics = calc_validation_statistics(list(results))
        result = ExpectationSuiteValidationResult(
            success=statistics.success,
            results=list(results),
            suite_name="heart_disease",
            statistics=statistics._asdict(),
            meta={"batch_spec": {"data_asset_name": name}},
        )
        document = ValidationResultsPageRenderer().render(result)
        page = DefaultJinjaPageView().render(document, show_how_to_buttons=False)
        (index.parent / "index.html").write_text(page, encoding="utf-8")
