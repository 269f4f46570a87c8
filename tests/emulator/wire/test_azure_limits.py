"""The limits of Azure: each is enforced, and its page states it."""

import json

import pytest
from azure.ai.ml.entities import AmlCompute, BatchEndpoint
from azure.core.exceptions import HttpResponseError
from helpers import REPOSITORY

from emulator.wire import limits
from emulator.wire.http import Request

DOCUMENT = REPOSITORY / "docs" / "limits.md"


def test_the_document_is_made_of_the_limits_and_each_has_a_source():
    documented = DOCUMENT.read_text(encoding="utf-8").partition("<!-- limits:")[2].partition("-->\n")[2]
    assert documented == limits.limits_table()
    assert all(
        limit.source.startswith("[") and "https://learn.microsoft.com/" in limit.source for limit in limits.limits()
    )


@pytest.fixture
def put(bench):
    """Function: puts a body below the workspace; returns the status and the message."""
    names = bench.embedded.names

    def send(path, body):
        url = f"https://management.azure.com{names.arm}/{path}?api-version=2023-10-01"
        response = bench.embedded.service.handle(Request("PUT", url, {}, json.dumps(body).encode()))
        return response.status, response.body.decode()

    return send


def endpoint(**more):
    return {"location": "eastus", "properties": {"authMode": "AADToken"}, **more}


@pytest.mark.parametrize(
    "name",
    ["ab", "a" * (limits.NAME_LONGEST.value + 1), "1abc", "a--b", "abc-", "a_b"],
)
def test_names_that_azure_refuses(put, name):
    status, message = put(f"batchEndpoints/{name}", endpoint())
    assert (status, "name" in message) == (400, True)


def test_names_at_the_limits(put):
    for name in ("abc", "a" * limits.NAME_LONGEST.value, "a-1-b"):
        assert put(f"batchEndpoints/{name}", endpoint())[0] == 201


def test_tags(put):
    good = {f"{number}": "v" * limits.TAG_VALUE.value for number in range(limits.TAGS.value - 1)}
    good["n" * limits.TAG_NAME.value] = "v"
    assert put("batchEndpoints/tags", endpoint(tags=good))[0] == 201
    for bad in (
        {**good, "more": "v"},
        {"n" * (limits.TAG_NAME.value + 1): "v"},
        {"n": "v" * (limits.TAG_VALUE.value + 1)},
        {"n": ""},
    ):
        assert put("batchEndpoints/tags", endpoint(tags=bad))[0] == 400


def test_an_endpoint_holds_no_more_deployments_than_azure_lets_it(bench, put):
    """Written as Azure keeps them, so that the test need not deploy so often."""
    bench.endpoint("full-of")
    component = bench.client.components.create_or_update(_pipeline(bench))
    body = {
        "location": "eastus",
        "properties": {
            "deploymentConfiguration": {
                "deploymentConfigurationType": "PipelineComponent",
                "componentId": {"referenceType": "Id", "assetId": component.id},
            }
        },
    }
    for number in range(limits.DEPLOYMENTS_PER_ENDPOINT.value):
        assert put(f"batchEndpoints/full-of/deployments/one-{number}", body)[0] == 201
    status, message = put("batchEndpoints/full-of/deployments/too-many", body)
    assert (status, "20 deployments, the most allowed" in message) == (400, True)
    assert put("batchEndpoints/full-of/deployments/one-0", body)[0] == 201
    assert put(f"batchEndpoints/full-of/deployments/{'d' * 33}", body)[0] == 400
    bench.client.batch_endpoints.begin_delete("full-of").result()


def _pipeline(bench):
    from azure.ai.ml import load_component

    say = bench.component("echo x > ${{outputs.text}}/x", {}, {"text": "uri_folder"})
    return load_component(bench.folder / bench.pipeline_component({"say": {"type": "command", "component": say}}))


def test_endpoints_and_deployments_of_a_subscription(bench, put, monkeypatch):
    here = len(list(bench.client.batch_endpoints.list()))
    monkeypatch.setattr(limits, "ENDPOINTS", limits.Limit("", here + 1, ""))
    assert put("batchEndpoints/last-one", endpoint())[0] == 201
    assert put("batchEndpoints/too-many", endpoint())[0] == 400
    monkeypatch.setattr(limits, "DEPLOYMENTS", limits.Limit("", 0, ""))
    component = bench.client.components.create_or_update(_pipeline(bench))
    configuration = {"deploymentConfigurationType": "PipelineComponent", "componentId": {"assetId": component.id}}
    body = {"location": "eastus", "properties": {"deploymentConfiguration": configuration}}
    assert put("batchEndpoints/last-one/deployments/one", body)[0] == 400


def test_the_name_of_a_cluster(client):
    longest = "c" * limits.COMPUTE_NAME_LONGEST.value
    client.compute.begin_create_or_update(AmlCompute(name=longest, size="Standard_DS3_v2")).result()
    with pytest.raises(HttpResponseError, match="Compute name"):
        client.compute.begin_create_or_update(AmlCompute(name=longest + "c", size="Standard_DS3_v2")).result()


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        (limits.RUN_DISPLAY_NAME, lambda length: {"displayName": "d" * length}),
        (limits.EXPERIMENT_NAME, lambda length: {"experimentName": "e" * length}),
        (limits.RUN_TAG_NAME, lambda length: {"tags": {"t" * length: "v"}}),
        (limits.RUN_TAG_VALUE, lambda length: {"tags": {"t": "v" * length}}),
        (limits.RUN_TAGS, lambda length: {"tags": {f"t{number}": "v" for number in range(length)}}),
    ],
)
def test_jobs(limit, more):
    from emulator.jobs.submission import _check_limits
    from emulator.wire.errors import ServiceError

    _check_limits(more(limit.value))
    with pytest.raises(ServiceError, match="allowed"):
        _check_limits(more(limit.value + 1))


def test_a_name_that_somebody_else_in_the_region_has(bench, client):
    (bench.state / "azure.json").write_text('{"endpoint_names_taken": ["heart"]}')
    try:
        with pytest.raises(HttpResponseError, match="Endpoint names must be unique within the region"):
            client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="heart")).result()
    finally:
        (bench.state / "azure.json").unlink()
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="heart")).result()
