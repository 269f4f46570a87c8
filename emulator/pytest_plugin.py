"""Pytest fixtures for programs that use Azure ML: an empty workspace for each test, and the SDK's client of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.client import Embedded, activate, deactivate
from emulator.state.records import TERMINAL

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture
def azureml_workspace(tmp_path: Path) -> Iterator[Embedded]:
    """Return an empty workspace, which handles the requests of this process to Azure ML until the test ends.

    Its ``names`` and ``credential`` are arguments of ``MLClient``.
    """
    embedded = activate(tmp_path / "azureml-workspace")
    yield embedded
    deactivate()


@pytest.fixture
def azureml_client(azureml_workspace: Embedded) -> Iterator["MLClient"]:
    """Return the SDK's client for ``azureml_workspace``; jobs that still run when the test ends are canceled."""
    from azure.ai.ml import MLClient

    names = azureml_workspace.names
    client = MLClient(
        azureml_workspace.credential, names.subscription, names.group, names.workspace, enable_telemetry=False
    )
    yield client
    for job in client.jobs.list():
        if job.status not in TERMINAL:
            client.jobs.begin_cancel(str(job.name))
