"""Data files that the tests of this folder read."""

from pathlib import Path

import pytest

from scripts.lib.repository.problem import find_problem

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


def shared_file(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return path


@pytest.fixture
def cleveland():
    return shared_file("uci-heart-disease/processed.cleveland.data")


@pytest.fixture
def hungarian():
    return shared_file("uci-heart-disease/processed.hungarian.data")


@pytest.fixture
def article_copy():
    return shared_file("azureml-examples/heart.csv")


@pytest.fixture
def sample():
    return find_problem("heart-disease").sample


@pytest.fixture
def sample_lines(sample):
    return sample.read_text().splitlines()


@pytest.fixture(scope="session")
def suite():
    from scripts.lib.data.expectations import ExpectationSuite

    return ExpectationSuite(find_problem("heart-disease"))
