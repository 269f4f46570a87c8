"""The pages in a real browser: no error, no network, nothing wider than a phone, contrast by axe-core."""

import dataclasses
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from scripts.lib.data.source import resolve
from scripts.lib.data.validation import validate
from scripts.lib.report.collection import collection_page
from scripts.lib.report.endpoint_page import Change, Deployed, EndpointPage, SiteEntry, endpoint_html, site_html
from scripts.lib.report.html import report_page
from scripts.lib.report.writing import write_report
from scripts.lib.repository.problem import find_problem
from tests.npm_packages import Missing, npm_ci
from tests.report.outcomes import every_report
from tests.report.worlds import CANDIDATE, CHAMPION, binary, data, document

BROWSER = Path(__file__).with_name("browser")
MOST = 2_000_000


def endpoint_page():
    """Return the page of an endpoint with a history."""
    metrics = {"roc_auc": 0.912, "brier": 0.113, "log_loss": 0.376}
    history = (
        Change("2024-04-01T10:00:00+00:00", "promoted", CHAMPION, "", "", "sha256:" + "1" * 64, "a" * 40, metrics),
        Change("2024-04-09T10:00:00+00:00", "promoted", "c-1", CHAMPION, "the gate is wrong", "", "b" * 40, {}),
        Change(
            "2024-05-01T10:00:00+00:00", "promoted", CANDIDATE, "c-1", "", "sha256:" + "2" * 64, "", {"roc_auc": 0.93}
        ),
    )
    deployments = (
        Deployed(
            CANDIDATE, "default", "onehot", "0.1 h", "pass", metrics, "job-1", "Completed", "keep it: it is the default"
        ),
        Deployed(
            CHAMPION, "previous", "ordinal", "700.2 h", "not judged", {}, "none", "", "delete it: nothing needs it"
        ),
    )
    return EndpointPage(
        "heart-disease", "heart-disease-8f45df", "embedded, its state in .azureml-local", "",
        "2024-05-01T12:00:00+00:00", CANDIDATE, history, deployments,
        {"roc_auc": "ROC AUC", "brier": "Brier score", "log_loss": "Log loss"},
    )  # fmt: skip


def site_entries():
    """Return an endpoint that serves, and a problem that was not released."""
    shown = endpoint_page()
    return [
        SiteEntry("heart-disease", "Heart disease in Cleveland", shown.serves, "heart-disease/index.html", True),
        SiteEntry("wine", "Three cultivars of wine", "It was not released to this workspace.", "", False),
    ]


def browser():
    try:
        return npm_ci(BROWSER)
    except Missing as missing:
        pytest.skip(f"NO BROWSER LOOKED AT THE PAGES: {missing}")


def findings(*files):
    """Return what the browser finds wrong, by page, width and theme; pictures go where $REPORT_PICTURES says."""
    pictures = ["--pictures", os.environ["REPORT_PICTURES"]] if os.environ.get("REPORT_PICTURES") else []
    command = ["node", str(browser() / "check.mjs"), *pictures, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    if "error while loading shared libraries" in done.stderr or "Failed to launch" in done.stderr:
        pytest.skip(f"NO BROWSER LOOKED AT THE PAGES: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_every_page_in_a_browser(tmp_path):
    reports = every_report()
    pages = {name: report_page(report) for name, report in reports.items()} | {
        "endpoint": endpoint_html(endpoint_page()),
        "site": site_html("embedded, its state in .azureml-local", site_entries()),
    }
    several = [tmp_path / "reports" / name for name in ("pass", "rejected")]
    for folder in several:
        write_report(reports[folder.name], folder)
    pages["several"] = collection_page(several)
    for name, page in pages.items():
        (tmp_path / f"{name}.html").write_text(page, encoding="utf-8")
    wide = find_problem("wine")  # its columns have long names
    docs = validate(resolve(wide.sample, tmp_path / "work", wide), tmp_path / "docs", wide).data_docs
    assert findings(*(tmp_path / f"{name}.html" for name in pages), docs) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('<p style="width:1500px">wide</p>', "overflow"),
        ('<img src="https://example.invalid/x.png" alt="x">', "network"),
        ("<script>undefined_name()</script>", "error"),
        ('<p style="color:#999;background:#fff">faint</p>', "axe: color-contrast"),
        (
            "<style>@media (prefers-color-scheme: dark) { p { color: #555; background: #222 } }</style><p>faint</p>",
            "axe: color-contrast",
        ),
    ],
)
def test_the_browser_sees_what_is_wrong(tmp_path, body, what):
    page = tmp_path / "page.html"
    page.write_text(f'<!DOCTYPE html><html lang="en"><title>x</title><main><h1>x</h1>{body}</main></html>')
    assert any(text.startswith(what) for texts in findings(page).values() for text in texts)


@pytest.mark.parametrize("rows", [303, 200_000])
def test_a_page_is_one_small_file_and_made_at_once(rows):
    report = document("kept", "Kept.", [binary(rows=rows), binary(rows=rows)], section=data(rows=rows))
    report_page(report)
    begun = time.process_time()
    page = report_page(report)
    assert time.process_time() - begun < 3
    assert len(page.encode()) < MOST
    assert "http" not in page.replace("http://www.w3.org/", "").replace("https://example.org/log", "")


def test_a_default_that_came_back_has_the_metrics_that_it_was_promoted_by():
    shown = endpoint_page()
    back = Change("2024-05-02T10:00:00+00:00", "rolled back", CHAMPION, CANDIDATE, "", "", "", {})
    shown = dataclasses.replace(shown, default=CHAMPION, history=(*shown.history, back))
    assert shown.judged(back) == shown.history[0].metrics
    page = endpoint_html(shown)
    assert f"The endpoint was rolled back to it from {CANDIDATE}." in page
    assert "<dt>ROC AUC</dt><dd>0.9120</dd>" in page
    drawn = dict(shown.timelines())["ROC AUC"]
    assert drawn != dict(endpoint_page().timelines())["ROC AUC"], "the chart ends where the endpoint is now"


def test_the_page_of_an_endpoint_tells_who_serves_and_since_when():
    page = endpoint_html(endpoint_page())
    assert f"{CANDIDATE} serves since 1 May 2024" in page
    assert "By force: the gate is wrong" in page
    assert "None" not in page
