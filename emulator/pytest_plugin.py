"""Fixtures for the tests of programs that use Azure ML: a workspace of each test's own, and the SDK's client for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.client import Embedded, activate, deactivate

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

_OVER = ("Completed", "Failed", "Canceled", "NotResponding")


@pytest.fixture
def azureml_workspace(tmp_path: Path) -> Iterator[Embedded]:
    """Return an empty workspace, which this process reaches at the addresses of Azure ML until the test ends.

    ``names`` and ``credential`` are what ``MLClient`` takes.
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
        if job.status not in _OVER:
            client.jobs.begin_cancel(str(job.name))
