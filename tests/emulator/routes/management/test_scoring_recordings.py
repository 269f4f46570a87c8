"""Answers about deployments of models and their jobs are those of recorded sessions, in the fields that are listed."""

import json

import pytest

from emulator.wire.http import Request
from tests.wire import sessions

SESSIONS = (
    [each for each in sessions.read_sessions() if "test_batch_invoke" in each.name or "batch_job_download" in each.name]
    if sessions.ROOT.is_dir()
    else []
)
# What the service makes up, or a machine of another region has.
MADE_UP = {"azureml.onlineendpointid", "AzureAsyncOperationUri", "azureml.pipelineid"}

pytestmark = pytest.mark.skipif(not SESSIONS, reason="needs ../shared/azure_wire")


@pytest.fixture
def deployed(own):
    """Return a function that creates what a recorded deployment needs, and the deployment; it returns both answers."""

    def deploy(exchange):
        requested = exchange.request.body["properties"]
        model = {"modelUri": "azureml://datastores/workspaceblobstore/paths/m", "modelType": "custom_model"}
        own.request("PUT", "/models/model/versions/1?api-version=2023-04-01", {"properties": model})
        code = {"codeUri": f"https://{own.workspace.names.storage_host}/code/code", "properties": {}}
        own.request("PUT", "/codes/code/versions/1?api-version=2023-04-01", {"properties": code})
        own.request("PUT", "/batchEndpoints/some?api-version=2022-05-01", {"location": "eastus", "properties": {}})
        arm = own.workspace.names.arm
        requested = {
            **requested,
            "model": {**requested["model"], "assetId": f"{arm}/models/model/versions/1"},
            "codeConfiguration": {**requested["codeConfiguration"], "codeId": f"{arm}/codes/code/versions/1"},
            "environmentId": f"{arm}/environments/plain-env/versions/1",
            "compute": f"{arm}/computes/cluster",
        }
        body = {**exchange.request.body, "properties": requested}
        return own.request("PUT", "/batchEndpoints/some/deployments/one?api-version=2022-05-01", body)

    return deploy


def the(session, method, part):
    """Return the first exchange of a session with a method and a part of its address."""
    return next(each for each in session.exchanges if each.method == method and part in each.url)


def without(properties, *names):
    """Return ``properties`` without what names resources of the recorded workspace, and without what is made up."""
    shown = {key: value for key, value in properties.items() if key not in names}
    if isinstance(shown.get("properties"), dict):
        shown["properties"] = {key: value for key, value in shown["properties"].items() if key not in MADE_UP}
    return shown


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name.rpartition(".")[2])
def test_a_deployment_and_its_invocation_are_as_recorded(own, deployed, session):
    exchange = the(session, "PUT", "/deployments/")
    status, answer = deployed(exchange)
    # The sessions have two states of a new deployment.
    names = ("model", "codeConfiguration", "environmentId", "compute", "provisioningState")
    assert status == exchange.status
    assert without(answer["properties"], *names) == without(exchange.response.body["properties"], *names)
    invoked = the(session, "POST", ".inference.")
    request = Request(
        "POST",
        "https://some.eastus.inference.ml.azure.com/jobs",
        {"azureml-model-deployment": "one"},
        json.dumps(invoked.request.body).encode(),
    )
    answer = json.loads(own.embedded.service.handle(request).body)
    recorded = invoked.response.body["properties"]
    names = ("compute", "interactionEndpoints", "name", "tags")
    if "azureml.jobtype" in recorded["tags"]:
        assert without(answer["properties"], *names) == without(recorded, *names)
        assert set(answer["properties"]["tags"]) == set(recorded["tags"])
        assert answer["type"] == invoked.response.body["type"]
        assert answer["id"].endswith(f"/batchEndpoints/some/deployments/one/jobs/{answer['name']}")
    # The form of February 2023 had more fields; that of April, which is newer, has fewer.
    assert set(recorded) >= set(without(answer["properties"], "output"))
    own.finished(answer["name"])
