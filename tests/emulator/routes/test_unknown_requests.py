"""Requests that no operation can handle: other paths, other workspaces, bodies of another form."""

import pytest
from azure.core.exceptions import ResourceNotFoundError
from helpers import make_client

from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request


def test_unknown_routes_are_not_found(bench):
    assert bench.request("GET", "/no-such-things")[1]["error"]["code"] == "InvalidResourceType"
    assert bench.request("GET", "https://eastus.api.azureml.ms/nothing", host="eastus.api.azureml.ms")[0] == 404


def test_another_workspace_is_not_found(bench, client):
    other = make_client(bench.embedded, workspace="other")
    with pytest.raises(ResourceNotFoundError) as refusal:
        other.workspaces.get("other")
    assert refusal.value.error.code == "ResourceNotFound"


def test_a_body_that_is_not_json_is_refused(bench):
    status, response = bench.request("PUT", "/jobs/broken", b"{")
    assert status == 400
    assert "not JSON" in response["error"]["message"]


def test_a_request_of_another_shape_is_refused_and_not_a_failure(tmp_path):
    service = Service(Workspace(tmp_path / "state"))
    url = f"https://management.azure.com{service.workspace.names.arm}/jobs/x?api-version=2024-04-01"
    for body in (b"[]", b"7", b'{"properties": 7}', b"[" * 100_000, b"\xff"):
        assert service.handle(Request("PUT", url, {}, body)).status == 400
