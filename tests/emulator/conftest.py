"""Fixtures: one embedded workspace and one SDK client for all tests of a process."""

import json
import logging

import pytest
from workbench import Workbench

from emulator.client import deactivate


@pytest.fixture(autouse=True)
def _deactivated():
    """After each test, the requests of this process go to the network again."""
    yield
    deactivate()


@pytest.fixture(scope="session")
def shared_workbench(tmp_path_factory):
    logging.getLogger("azure").setLevel(logging.ERROR)
    bench = Workbench(tmp_path_factory.mktemp("workspace") / "state")
    bench.set_up()
    return bench


@pytest.fixture
def bench(shared_workbench, tmp_path):
    """Return the workbench, its workspace reachable from this process, with an empty folder for the test's files."""
    shared_workbench.enter(tmp_path)
    return shared_workbench


@pytest.fixture
def client(bench):
    return bench.client


@pytest.fixture
def own(tmp_path):
    """Return a workbench with a workspace of its own, so that jobs of other tests do not interfere."""
    bench = Workbench(tmp_path / "state")
    bench.folder = tmp_path
    bench.set_up()
    return bench


@pytest.fixture
def surroundings(bench):
    """Function: writes the surroundings of the workspace; the fixture removes them after the test."""
    path = bench.state / "azure.json"
    yield lambda **content: path.write_text(json.dumps(content))
    path.unlink(missing_ok=True)
