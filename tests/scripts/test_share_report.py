"""A workflow gets a report's page under a name of its own, and its link in the summary."""

import dataclasses
import html
import re

import pytest
from click.testing import CliRunner

from scripts.lib.report.writing import write_report
from scripts.share_report import main
from tests.report.outcomes import every_report


@pytest.fixture
def share(tmp_path, monkeypatch):
    """Function: run the command in an empty folder; returns what GitHub's files hold then."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name))

    def run(*arguments):
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            (tmp_path / name).write_text("")
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
        return (tmp_path / "GITHUB_OUTPUT").read_text(), (tmp_path / "GITHUB_STEP_SUMMARY").read_text()

    return run


def test_the_first_folder_with_a_report_counts(share, tmp_path):
    reports = every_report()
    write_report(reports["rejected"], tmp_path / "validation")
    folders = ("--folder", "evidence", "--folder", "validation")
    assert share(*folders) == ("page=out/report-heart-disease-validation.html\n", "")
    write_report(reports["pass"], tmp_path / "evidence")
    assert share(*folders) == ("page=out/report-heart-disease-release.html\n", "")
    assert (tmp_path / "out/report-heart-disease-release.html").read_bytes() == (
        tmp_path / "evidence/report.html"
    ).read_bytes()
    _, summary = share(*folders, "--url", "https://github.com/o/p/actions/runs/1/artifacts/2")
    assert summary == "[Report with charts](https://github.com/o/p/actions/runs/1/artifacts/2)\n\n"


def test_where_there_is_none_nothing_is_kept_or_linked(share, tmp_path):
    assert share("--folder", "evidence", "--url", "https://x") == ("page=\n", "")
    assert not (tmp_path / "out").exists()


def test_two_evaluations_of_a_run_have_two_names(share, tmp_path):
    names = []
    for candidate in ("onehot-1", "ordinal-2"):
        report = every_report()["no"]
        one = dataclasses.replace(report.judgements[0], candidate=candidate)
        report = dataclasses.replace(report, kind="evaluation", judgements=(one,))
        write_report(report, tmp_path / candidate)
        names.append(share("--folder", candidate)[0])
    assert names == [f"page=out/report-heart-disease-evaluation-{name}.html\n" for name in ("onehot-1", "ordinal-2")]


def test_the_reports_of_several_problems_share_one_page(share, tmp_path):
    reports = every_report()
    problems = ("--folder", "none", "--problems", '["heart-disease", "wine"]')
    assert share(*problems) == ("page=\n", "")
    # The data of one was rejected, so nothing of it was released.
    write_report(dataclasses.replace(reports["rejected"], endpoint="wine"), tmp_path / "out/wine/validation")
    assert share(*problems)[0] == "page=out/report-wine-validation.html\n"
    write_report(reports["pass"], tmp_path / "out/heart-disease")
    page, summary = share(*problems, "--url", "https://github.com/o/p/actions/runs/1/artifacts/2")
    assert (page, summary) == (
        "page=out/report-2-problems.html\n",
        "[Report with charts](https://github.com/o/p/actions/runs/1/artifacts/2)\n\n",
    )
    share(*problems)
    text = (tmp_path / "out/report-2-problems.html").read_text()
    assert reports["pass"].headline in text
    assert text.count("<iframe") == 2
    inside = [html.unescape(part) for part in re.findall(r'srcdoc="([^"]*)"', text)]
    assert inside == [
        (tmp_path / place / "report.html").read_text() for place in ("out/heart-disease", "out/wine/validation")
    ]


def test_a_problem_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["--folder", "x", "--problems", '["no-such"]'])
    assert done.exit_code == 2
    assert "'no-such' is no problem; the problems are:" in done.output
