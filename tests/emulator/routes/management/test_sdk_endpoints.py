"""Batch endpoints and deployments through the SDK: create, default, invoke, list, delete."""

import pytest
from azure.ai.ml import Input
from azure.ai.ml.constants._endpoint import EndpointInvokeFields
from azure.ai.ml.entities import BatchEndpoint
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from helpers import FOLDER

ROWS = {"data": Input(type="uri_folder", path="azureml:rows:1")}


@pytest.fixture(autouse=True)
def _forget_named_deployment():
    """Undo what the SDK (1.35.2) keeps: a deployment once named stays in a header that all invocations share."""
    yield
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)


@pytest.fixture
def pipeline(bench):
    """Return a function that writes a pipeline component which says ``word`` and its input ``level``."""

    def write(word):
        say = bench.component(
            f"cat ${{{{inputs.data}}}}/rows.csv; echo {word} ${{{{inputs.level}}}} > ${{{{outputs.text}}}}/x",
            {"data": FOLDER, "level": {"type": "integer"}},
            {"text": "uri_folder"},
        )
        step = {
            "type": "command",
            "component": say,
            "inputs": {"data": "${{parent.inputs.data}}", "level": "${{parent.inputs.level}}"},
            "outputs": {"text": "${{parent.outputs.text}}"},
        }
        inputs = {"data": FOLDER, "level": {"type": "integer", "default": 1, "max": 5}}
        return bench.pipeline_component({"say": step}, inputs, {"text": "uri_folder"})

    return write


@pytest.fixture
def endpoint(bench, pipeline):
    """Return an endpoint with deployments ``blue``, its default, and ``green``."""
    name = f"e-{bench.folder.name[-20:].replace('_', '-').strip('-')}-x"
    found = bench.endpoint(name)
    for word in ("blue", "green"):
        bench.deploy(name, word, pipeline(word))
    found.defaults = {"deployment_name": "blue"}
    bench.client.batch_endpoints.begin_create_or_update(found).result()
    return name


def test_an_endpoint_is_created_changed_listed_and_deleted(bench, client):
    made = client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="short-life", tags={"a": "1"})).result()
    assert made.scoring_uri
    made.tags = {"a": "2", "b": "3"}
    made.description = "words"
    client.batch_endpoints.begin_create_or_update(made).result()
    found = client.batch_endpoints.get("short-life")
    assert (found.tags, found.description, found.provisioning_state) == ({"a": "2", "b": "3"}, "words", "Succeeded")
    assert "short-life" in {listed.name for listed in client.batch_endpoints.list()}
    client.batch_endpoints.begin_delete("short-life").result()
    with pytest.raises(ResourceNotFoundError):
        client.batch_endpoints.get("short-life")


def test_invoke_takes_the_default_or_the_one_that_is_named(bench, client, endpoint):
    for named, expected in ((None, "blue 1"), ("green", "green 1")):
        job = client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name=named, inputs=ROWS)
        done = bench.finished(job.name)
        assert done.status == "Completed"
        assert bench.output(done, "text").joinpath("x").read_text().strip() == expected


def test_jobs_are_listed_by_endpoint_and_by_deployment(bench, client, endpoint):
    jobs = {
        name: client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name=name, inputs=ROWS).name
        for name in ("blue", "green")
    }
    assert {job.name for job in client.batch_endpoints.list_jobs(endpoint)} == set(jobs.values())
    assert [job.name for job in client.batch_deployments.list_jobs(endpoint, name="green")] == [jobs["green"]]


def test_inputs_of_an_invocation_are_literals_too(bench, client, endpoint):
    inputs = {**ROWS, "level": Input(type="integer", default=4)}
    job = client.batch_endpoints.invoke(endpoint_name=endpoint, inputs=inputs)
    assert bench.output(bench.finished(job.name), "text").joinpath("x").read_text().strip() == "blue 4"


def test_deployments_are_listed_changed_and_deleted(bench, client, endpoint, pipeline):
    assert {found.name for found in client.batch_deployments.list(endpoint)} == {"blue", "green"}
    bench.deploy(endpoint, "green", pipeline("olive"))
    job = client.batch_endpoints.invoke(endpoint_name=endpoint, deployment_name="green", inputs=ROWS)
    assert bench.output(bench.finished(job.name), "text").joinpath("x").read_text().strip() == "olive 1"
    client.batch_deployments.begin_delete("green", endpoint).result()
    with pytest.raises(ResourceNotFoundError):
        client.batch_deployments.get("green", endpoint)
    assert client.batch_endpoints.get(endpoint).defaults["deploymentName"] == "blue"


def test_the_default_must_exist(client, endpoint):
    found = client.batch_endpoints.get(endpoint)
    found.defaults = {"deployment_name": "red"}
    with pytest.raises(HttpResponseError) as refusal:
        client.batch_endpoints.begin_create_or_update(found).result()
    assert (refusal.value.status_code, refusal.value.error.code) == (404, "NotFound")
    assert client.batch_endpoints.get(endpoint).defaults["deploymentName"] == "blue"


def test_an_empty_tag_is_refused(client):
    with pytest.raises(HttpResponseError, match="empty") as refusal:
        client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="empty-tag", tags={"a": ""})).result()
    assert refusal.value.status_code == 400


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "data is missing"),
        ({**ROWS, "other": Input(type="string", default="x")}, "Unknown input other"),
        ({"data": Input(type="string", default="x")}, "must be of type uri_folder"),
        ({"data": Input(type="mltable", path="azureml:one-file:1")}, "must be of type uri_folder"),
        ({**ROWS, "level": Input(type="string", default="many")}, "must be of type integer"),
        ({**ROWS, "level": Input(type="string", default="6")}, "maximum is 5"),
    ],
)
def test_wrong_inputs_are_refused(client, endpoint, inputs, words):
    with pytest.raises(HttpResponseError, match=words) as refusal:
        client.batch_endpoints.invoke(endpoint_name=endpoint, inputs=inputs)
    assert (refusal.value.status_code, refusal.value.error.code) == (400, "UserError")


def test_an_unknown_deployment_endpoint_or_data_version_is_not_found(client, endpoint):
    for arguments in (
        {"endpoint_name": endpoint, "deployment_name": "red", "inputs": ROWS},
        {"endpoint_name": "no-such-endpoint", "inputs": ROWS},
        {"endpoint_name": endpoint, "inputs": {"data": Input(type="uri_folder", path="azureml:rows:99")}},
    ):
        with pytest.raises(Exception, match=r"(?i)not found|no deployment|could not be found|exist"):
            client.batch_endpoints.invoke(**arguments)


def test_an_endpoint_without_a_default_asks_for_a_name(bench, client):
    bench.endpoint("nobody-home")
    with pytest.raises(HttpResponseError, match="no default deployment") as refusal:
        client.batch_endpoints.invoke(endpoint_name="nobody-home", inputs=ROWS)
    assert refusal.value.status_code == 400


def test_deleting_an_endpoint_deletes_its_deployments(bench, client, endpoint):
    client.batch_endpoints.begin_delete(endpoint).result()
    bench.endpoint(endpoint)
    assert list(client.batch_deployments.list(endpoint)) == []


def test_a_deployment_of_a_command_component_is_refused(bench, endpoint):
    registered = bench.register(bench.component("true"))
    body = {
        "location": "eastus",
        "properties": {
            "deploymentConfiguration": {
                "deploymentConfigurationType": "PipelineComponent",
                "componentId": {"assetId": registered.id, "referenceType": "Id"},
            }
        },
    }
    path = f"/batchEndpoints/{endpoint}/deployments/red"
    status, response = bench.request("PUT", path, body)
    assert (status, response["error"]["code"]) == (400, "UserError")
    assert "not a pipeline component" in response["error"]["message"]
    body["properties"]["deploymentConfiguration"]["componentId"]["assetId"] += "0"
    assert bench.request("PUT", path, body)[0] == 404
    unknown = {
        "location": "eastus",
        "properties": {"deploymentConfiguration": {"deploymentConfigurationType": "Other"}},
    }
    assert bench.request("PUT", path, unknown)[1]["error"]["code"] == "NotSupported"


@pytest.mark.parametrize("name", ["-x", "a", "under_score", "x" * 33, "ends-"])
def test_bad_endpoint_names_are_refused(bench, name):
    status, response = bench.request("PUT", f"/batchEndpoints/{name}", {"location": "eastus", "properties": {}})
    assert (status, response["error"]["code"]) == (400, "UserError")
    assert name in response["error"]["message"]
