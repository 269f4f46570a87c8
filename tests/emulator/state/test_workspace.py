"""A stored workspace: where it is by default, what outlives a process, and what a reset removes."""

import json

from helpers import wait_until
from workbench import Workbench

from emulator.client import activate
from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request


def test_the_default_place_is_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "named"))
    assert activate().workspace.state == tmp_path / "named"
    monkeypatch.delenv("AZUREML_LOCAL_STATE")
    monkeypatch.chdir(tmp_path)
    assert activate().workspace.state == tmp_path / ".azureml-local"


def ask_for_compute(workspace, method):
    body = {"location": "eastus", "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "S"}}}
    url = f"https://management.azure.com{workspace.names.arm}/computes/kept"
    return (
        Service(workspace)
        .handle(Request(method, url, {}, json.dumps(body).encode() if method == "PUT" else b""))
        .status
    )


def test_state_outlives_the_process_until_it_is_reset(tmp_path):
    workspace = Workspace(tmp_path / "state")
    assert ask_for_compute(workspace, "PUT") == 201
    assert ask_for_compute(Workspace(tmp_path / "state"), "GET") == 200
    (tmp_path / "state" / "runs" / "job").mkdir(parents=True)
    (tmp_path / "state" / "somebody's").mkdir()
    (tmp_path / "state" / "emptied" / "left by a reset that was cut short").mkdir(parents=True)
    workspace.reset()
    assert ask_for_compute(workspace, "GET") == 404
    assert not (tmp_path / "state" / "runs").exists()
    wait_until(lambda: not (tmp_path / "state" / "emptied").exists())
    assert (tmp_path / "state" / "somebody's").exists()


def test_a_reset_removes_all_that_a_workspace_keeps_and_nothing_beside_it(tmp_path):
    bench = Workbench(tmp_path / "state")
    bench.folder = tmp_path
    bench.set_up()
    assert bench.run({"step": {"component": bench.component("true")}}).status == "Completed"
    beside = sorted(path.name for path in tmp_path.iterdir())
    bench.workspace.reset()
    wait_until(lambda: not (tmp_path / "state" / "emptied").exists())
    new = {f"workspace.db{ending}" for ending in ("", "-wal", "-shm", "-turn")}
    assert {path.name for path in (tmp_path / "state").iterdir()} <= new
    assert sorted(path.name for path in tmp_path.iterdir()) == beside
