"""A workspace for each test of the tracking server."""

import pytest

from emulator.state.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "state")
