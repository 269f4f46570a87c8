"""Fixtures of the conftest anew, for tests that are about no data: they import these, and run on the small problem."""

from dataclasses import replace

import pytest
from made_lines import judge_once
from release_line import Line

from tests.made_once import made_once
from tests.small_problem import FILES, PROBLEM, SAMPLE

TABLE = FILES / SAMPLE
AZURE_NAME = f"{PROBLEM}-8f45df"


@pytest.fixture(scope="session")
def released_once(small_once) -> Line:
    """The line after one release."""
    return small_once


@pytest.fixture(scope="session")
def judged_once(small_once, tmp_path_factory) -> Line:
    """The line in which ordinal is the default and onehot has passed the gate but is not promoted."""
    folder = made_once(tmp_path_factory, "small_judged", lambda folder: judge_once(small_once.copy(folder)))
    return replace(small_once, folder=folder)
