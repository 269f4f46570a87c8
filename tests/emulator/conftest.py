"""Fixtures: one embedded workspace and one SDK client for all tests of a process."""

import logging

import pytest
from workbench import Workbench

from emulator.client import deactivate


@pytest.fixture(scope="session")
def shared_workbench(tmp_path_factory):
    logging.getLogger("azure").setLevel(logging.ERROR)
    bench = Workbench(tmp_path_factory.mktemp("workspace") / "state")
    bench.set_up()
    yield bench
    deactivate()


@pytest.fixture
def bench(shared_workbench, tmp_path):
    """Return the workbench, its workspace reachable from this process, with an empty folder for the test's files."""
    shared_workbench.enter(tmp_path)
    yield shared_workbench
    deactivate()


@pytest.fixture
def client(bench):
    return bench.client
