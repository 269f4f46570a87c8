"""The conformance report is honest: pins agree, counts add up, outcomes are judged right, and a rerun agrees."""

import hashlib
import re
import subprocess
import sys

import pytest

from tests.conformance import report, vendor
from tests.conformance.outcomes import KINDS, Outcome, classify
from tests.conformance.run_suite import run_suite
from tests.conformance.suites import SUITES


def record(outcome: str, error: str = "", answers: tuple = (), requests: int = 1, **more: str) -> dict:
    return {
        **more,
        "test": "a.py::test",
        "outcome": outcome,
        "error": error,
        "story": "",
        "requests": requests,
        "answers": list(answers),
    }


def refusal(message: str) -> tuple:
    return ("PUT /x", 400, f'{{"error": {{"code": "NotSupported", "message": "{message}"}}}}')


SWEEP = refusal("A step of type sweep (node) is not supported by the embedded workspace; see docs/emulator.md.")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (record("passed"), Outcome("a.py::test", "passed")),
        (record("passed", requests=0), Outcome("a.py::test", "passed", silent=True)),
        (record("skipped", "Skipped: later"), Outcome("a.py::test", "could not run", "the vendor skips it: later")),
        (record("passed", skipped="slow"), Outcome("a.py::test", "passed", skipped="slow")),
        (
            record("failed", "assert 1 == 2", skipped="slow"),
            Outcome("a.py::test", "could not run", "the vendor skips it: slow (Here: assert 1 == 2)"),
        ),
        (
            record("failed", "(NotSupported) A step", (SWEEP,), skipped="slow"),
            Outcome("a.py::test", "could not run", "the vendor skips it: slow (Here: refused: A step of type sweep)"),
        ),
        (record("failed", "(NotSupported) A step", (SWEEP,)), Outcome("a.py::test", "refused", "A step of type sweep")),
        (record("failed", "assert 1 == 2", (SWEEP,)), Outcome("a.py::test", "failed", "assert 1 == 2")),
        (record("failed", "(NotSupported) A step"), Outcome("a.py::test", "failed", "(NotSupported) A step")),
        (
            record("failed", "No such file: {project}/tests/test_configs/absent.yml"),
            Outcome("a.py::test", "could not run", "no tests/test_configs/absent.yml"),
        ),
        (
            record("failed", "No such file: {project}/tests/test_configs/there.yml"),
            Outcome("a.py::test", "failed", "No such file: tests/test_configs/there.yml"),
        ),
    ],
)
def test_an_outcome_is_judged_by_its_evidence(given, expected, tmp_path):
    (tmp_path / "tests/test_configs").mkdir(parents=True)
    (tmp_path / "tests/test_configs/there.yml").touch()
    given["error"] = given["error"].replace("{project}", str(tmp_path))
    assert classify(given, tmp_path) == expected


def test_an_archive_that_is_not_the_pinned_one_is_refused_and_removed(tmp_path):
    archive = tmp_path / "sdist.tar.gz"
    archive.write_bytes(b"tampered")
    with pytest.raises(vendor.VendorError, match="pinned is 0000"):
        vendor.check_sdist(archive, "0000")
    assert not archive.exists()
    archive.write_bytes(b"right")
    vendor.check_sdist(archive, hashlib.sha256(b"right").hexdigest())


def test_a_checkout_without_configurations_is_refused(tmp_path):
    with pytest.raises(vendor.VendorError, match="AZURE_SDK_CHECKOUT"):
        vendor.configs_of(tmp_path)


def test_without_a_checkout_nothing_runs_and_nothing_is_written(monkeypatch):
    monkeypatch.delenv(vendor.CHECKOUT_VARIABLE, raising=False)
    before = report.DOCUMENT.read_text()
    done = subprocess.run([sys.executable, "-m", "tests.conformance"], capture_output=True, text=True, check=False)
    assert (done.returncode, vendor.CHECKOUT_VARIABLE in done.stderr) == (2, True)
    assert report.DOCUMENT.read_text() == before


def test_the_document_names_the_sdk_that_is_pinned():
    pinned, text = vendor.pin(), report.DOCUMENT.read_text()
    assert f"`{pinned['package']}` {pinned['version']}, sdist SHA-256 `{pinned['sdist_sha256']}`" in text
    assert f"--hash=sha256:{pinned['sdist_sha256']}" in (vendor.REPOSITORY / "requirements.txt").read_text()


def test_the_documents_counts_add_up():
    counts = report.written_counts()
    whole = counts.pop("all")
    assert set(counts) == set(SUITES)
    for suite, (tests, *kinds) in counts.items():
        assert tests == sum(kinds), suite
        assert len(kinds) == len(KINDS)
    assert whole == [sum(column) for column in zip(*counts.values(), strict=True)]


def test_every_failure_in_the_document_has_its_reason():
    text = report.DOCUMENT.read_text()
    failed = re.findall(r"^\| `([^`]+)` \|", text.partition("### Failed")[2].partition("### Refused")[0], re.MULTILINE)
    assert len(failed) == report.written_counts()["all"][1 + KINDS.index("failed")]
    assert set(failed) == set(report.explained())
    assert "not explained" not in text


def test_a_test_that_passed_without_a_request_is_named():
    outcomes = {"data": [Outcome("x.py::C::test_idle", "passed", silent=True), Outcome("x.py::C::test_busy", "passed")]}
    text = report.render(outcomes, vendor.pin(), "none", 1.0)
    assert "say nothing of it: `x.py::test_idle`." in text
    assert "test_busy" not in text


def test_a_failure_without_a_reason_is_told_apart():
    outcome = Outcome("x.py::test_new", "failed", "boom")
    assert report.unexplained([outcome, Outcome("x.py::test_old", "passed")]) == [outcome]


@pytest.mark.slow
def test_a_suite_that_needs_no_configurations_ends_as_documented(tmp_path):
    try:
        archive, tools = vendor.fetch_sdist(), vendor.install_tools()
    except vendor.VendorError as error:
        pytest.skip(str(error))
    project = vendor.unpack(archive, tmp_path / "project")
    outcomes = [classify(found, project) for found in run_suite(project, tools, SUITES["code_asset"])]
    counts = [sum(outcome.kind == kind for outcome in outcomes) for kind in KINDS]
    assert [len(outcomes), *counts] == report.written_counts()["code_asset"]
