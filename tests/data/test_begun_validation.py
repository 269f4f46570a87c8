"""A validation in a process of its own: its report and its errors arrive, and the process ends with the context."""

import os
import signal
import time
from pathlib import Path

import pytest

from scripts.lib.data.begun_validation import validation_begun
from scripts.lib.errors import DataRejected, NotFound, ReleaseError
from scripts.lib.repository.problem import find_problem

pytestmark = pytest.mark.slow


@pytest.fixture
def problem():
    return find_problem("heart-disease")


def children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()]


def test_the_report_arrives(problem, tmp_path):
    with validation_begun(None, tmp_path, problem) as validation:
        report = validation()
    assert report.source.rows > 0
    assert report.result_file.is_file()
    report.require_accepted()


def test_errors_arrive_as_they_were_raised(problem, tmp_path):
    with (
        validation_begun(tmp_path / "nothing", tmp_path, problem) as validation,
        pytest.raises(NotFound, match="does not exist"),
    ):
        validation()
    (tmp_path / "bad.csv").write_text("age,sex\n1")
    with validation_begun(tmp_path / "bad.csv", tmp_path / "out", problem) as validation, pytest.raises(DataRejected):
        validation().require_accepted()


def test_a_process_that_is_killed_is_an_error_by_name(problem, tmp_path):
    before = set(children())
    with validation_begun(None, tmp_path, problem) as validation:
        [process] = set(children()) - before
        os.kill(process, signal.SIGKILL)
        with pytest.raises(ReleaseError, match="ended without a result"):
            validation()


def interrupted(problem, tmp_path, before: set[int]) -> None:
    with validation_begun(None, tmp_path, problem):
        [process] = set(children()) - before
        time.sleep(0.5)
        os.kill(process, signal.SIGINT)
        assert set(children()) - before == {process}
        raise KeyError


def test_the_process_ends_with_the_context_and_no_signal_of_a_terminal_ends_it(problem, tmp_path):
    before = set(children())
    begun = time.monotonic()
    with pytest.raises(KeyError):
        interrupted(problem, tmp_path, before)
    assert set(children()) == before
    assert time.monotonic() - begun < 5
