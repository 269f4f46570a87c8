"""A step whose Python is too old for the workspace's code: another Python answers its requests."""

import ast
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
import requests

from emulator import client
from emulator.in_step import older_python
from emulator.wire import azure_hosts, requests_library

PACKAGE = Path(client.__file__).parent
FOR_ALL = [*(PACKAGE / "in_step").glob("*.py"), PACKAGE / "wire" / "azure_hosts.py", Path(requests_library.__file__)]
OLD = ("3.8", "3.9")


@pytest.mark.parametrize("path", FOR_ALL, ids=lambda path: path.name)
def test_what_a_step_loads_is_python_of_version_3_8(path):
    ast.parse(path.read_text(), feature_version=(3, 8))


@pytest.fixture
def send(tmp_path, monkeypatch):
    """Send a request through another Python; what goes to the network is answered by its address."""
    embedded = client.activate(tmp_path / "state")
    client.deactivate()
    monkeypatch.setenv("AZUREML_EMULATOR_NAMES", json.dumps(asdict(embedded.names)))
    monkeypatch.setenv("AZUREML_EMULATOR_PYTHON", sys.executable)
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "state"))
    other = older_python.OtherPython(
        lambda adapter, prepared: f"network: {prepared.url}", threading.RLock(), requests_library, azure_hosts
    )
    workspace = f"https://management.azure.com{embedded.names.arm}"

    def sent(method, address, **more):
        prepared = requests.Request(method, address.replace("WS", workspace), **more).prepare()
        return other.send(requests.adapters.HTTPAdapter(), prepared)

    yield sent
    if other._process:
        other._process.stdin.close()
        assert other._process.wait(10) == 0


def test_requests_reach_the_workspace_and_others_the_network_but_no_other_host_of_azure(send):
    place = "WS/environments/e/versions/1?api-version=2023-04-01-preview"
    assert send("GET", place).status_code == 404
    assert send("PUT", place, json={"properties": {"image": "i"}}).status_code == 201
    assert send("GET", place).json()["properties"]["image"] == "i"
    assert send("GET", "https://example.org/x") == "network: https://example.org/x"
    with pytest.raises(requests.ConnectionError, match="is a host of Azure"):
        send("GET", "https://others.blob.core.windows.net/x")


def test_a_fork_has_an_answer_of_its_own(send):
    assert send("GET", "WS?api-version=2023-10-01").status_code == 200
    child = os.fork()
    if not child:
        os._exit(0 if send("GET", "WS?api-version=2023-10-01").status_code == 200 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _found():
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    find = [uv, "python", "find", "--no-python-downloads", "--no-project", "--system"]
    return next((each for each in OLD if subprocess.run([*find, each], capture_output=True).returncode == 0), None)


@pytest.mark.slow
def test_a_step_in_an_older_python_reaches_the_workspace(bench):
    version = _found()
    if version is None:
        pytest.skip(f"no Python {' or '.join(OLD)} is on this machine")
    conda = {"dependencies": [f"python={version}", {"pip": ["requests"]}]}
    environment = {"image": "python", "conda_file": conda}
    ask = "import os, requests; print(requests.get(os.environ['ASK'] + '?api-version=2023-10-01').json()['name'])"
    address = f"https://management.azure.com{bench.workspace.names.arm}"
    job = bench.command(
        f'python --version; python -c "{ask}"', environment=environment, environment_variables={"ASK": address}
    )
    told = bench.log(job).splitlines()
    assert told[0].startswith(f"Python {version}.")
    assert told[1:] == [bench.workspace.names.workspace]
