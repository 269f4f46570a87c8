"""What recorded traffic taught the emulator, and where it still says no."""

import copy
import json
import time

import pytest

from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.http import Request

STABLE, PREVIEW = "2023-10-01", "2024-01-01-preview"
COMMAND = {
    "name": "greet",
    "version": "1",
    "type": "command",
    "command": "echo ${{inputs.who}}",
    "environment": "azureml:plain:1",
    "inputs": {"who": {"type": "string", "default": "all"}, "rate": {"type": "number", "default": "1"}},
}


class Asked:
    """A workspace with a cluster and an environment, asked over its wire."""

    def __init__(self, folder):
        self.workspace = Workspace(folder)
        self.arm = self.workspace.names.arm
        self("PUT", "/environments/plain/versions/1", {"properties": {"image": "ubuntu"}})
        self("PUT", "/computes/cluster", {"properties": {"computeType": "AmlCompute", "properties": {}}})

    def __call__(self, method, path, body=None, api=PREVIEW):
        url = f"https://management.azure.com{self.arm}{path}?api-version={api}"
        sent = json.dumps(body).encode() if body is not None else b""
        response = Service(self.workspace).handle(Request(method, url, {"Content-Type": "application/json"}, sent))
        return response.status, json.loads(response.body) if response.body else None

    def component(self, spec, anonymous=False, name=None):
        path = f"/components/{name or spec['name']}/versions/{spec.get('version', '1')}"
        return self("PUT", path, {"properties": {"isAnonymous": anonymous, "componentSpec": spec}})

    def step(self, identity, **more):
        return {"type": "command", "componentId": f"{self.arm}{identity}", **more}


@pytest.fixture
def ask(tmp_path):
    return Asked(tmp_path / "state")


def changed(**more):
    return copy.deepcopy(COMMAND) | more


def test_how_a_component_is_shown_may_change(ask):
    assert ask.component(COMMAND)[0] == 201
    status, answer = ask.component(changed(display_name="Greet", description="says hello", tags={"a": "b"}))
    assert (status, answer["properties"]["componentSpec"]["display_name"]) == (200, "Greet")


@pytest.mark.parametrize(
    "change",
    [
        {"command": "echo"},
        {"inputs": {"who": {"type": "string"}}},
        {"outputs": {"to": {"type": "uri_folder"}}},
        {"is_deterministic": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_component_does_may_not_change(ask, change):
    ask.component(COMMAND)
    status, answer = ask.component(changed(**change))
    assert (status, answer["error"]["code"]) == (400, "UserError")
    assert "cannot be changed" in answer["error"]["message"]


def test_the_steps_of_a_pipeline_component_may_not_change(ask):
    ask.component(COMMAND)
    step = ask.step("/components/greet/versions/1")
    pipeline = {"name": "line", "version": "1", "type": "pipeline", "jobs": {"first": step}}
    assert ask.component(pipeline)[0] == 201
    assert ask.component(pipeline)[0] == 200
    assert ask.component({**pipeline, "jobs": {"first": step, "second": step}})[0] == 400


def test_an_anonymous_component_is_known_by_name_and_content(ask):
    """As recorded in test_anonymous_component_reuse."""
    made = [
        ask.component(spec, anonymous=True, name="azureml_anonymous")
        for spec in (COMMAND, changed(name="other"), changed(), changed(version="2"))
    ]
    assert [status for status, _ in made] == [201] * 4
    first, other, again, numbered = (answer["name"] for _, answer in made)
    assert first == again == numbered != other


@pytest.mark.parametrize("reference", ["/versions/azureml_default", "/labels/default"])
def test_the_default_version_of_a_component_can_be_named(ask, reference):
    """As recorded in test_component_with_default_label and test_pipeline_node_with_default_component."""
    ask.component(COMMAND)
    step = ask.step(f"/components/greet{reference}", computeId="cluster")
    job = {"properties": {"jobType": "Pipeline", "jobs": {"greet": step}}}
    assert ask("PUT", "/jobs/by-label", job)[0] == 201
    job["properties"]["jobs"]["greet"]["componentId"] = f"{ask.arm}/components/nobody{reference}"
    status, answer = ask("PUT", "/jobs/by-no-label", job)
    assert (status, answer["error"]["code"]) == (404, "NotFound")


def test_the_default_version_is_answered_under_its_label(ask):
    ask.component(COMMAND)
    ask.component(changed(version="2"))
    status, answer = ask("GET", "/components/greet/versions/azureml_default")
    assert (status, answer["name"]) == (200, "2")
    assert answer["id"].endswith("/components/greet/labels/default")
    assert ask("GET", "/components/nobody/versions/azureml_default")[0] == 404


def test_a_pipeline_component_made_from_a_job_has_its_ports_and_steps(ask):
    """As recorded in test_create_pipeline_component_from_job."""
    ask.component(COMMAND)
    step = ask.step("/components/greet/versions/1", inputs={"rate": {"value": "${{parent.inputs.rate}}"}})
    literals = {"rate": {"value": "0.1", "jobInputType": "literal"}, "word": {"value": "x", "jobInputType": "literal"}}
    job = {"jobType": "Pipeline", "computeId": "cluster", "jobs": {"greet": step}, "inputs": literals}
    assert ask("PUT", "/jobs/source", {"properties": job})[0] == 201
    spec = {"name": "made", "type": "pipeline", "jobs": {}, "sourceJobId": f"{ask.arm}/jobs/source"}
    status, answer = ask.component(spec)
    assert status == 201
    assert answer["properties"]["componentSpec"]["inputs"] == {
        "rate": {"type": "number", "optional": "False", "default": "0.1"},
        "word": {"type": "string", "optional": "False", "default": "x"},
    }
    run = {"jobType": "Pipeline", "computeId": "cluster", "componentId": f"{ask.arm}/components/made/versions/1"}
    assert ask("PUT", "/jobs/of-made", {"properties": run})[0] == 201
    status, answer = ask.component({**spec, "name": "lost", "sourceJobId": f"{ask.arm}/jobs/none"})
    assert (status, answer["error"]["message"]) == (404, "Run none was not found")


def test_a_password_is_neither_kept_nor_answered(ask, tmp_path):
    account = {"adminUserName": "admin", "adminUserPassword": "swordfish"}
    cluster = {"computeType": "AmlCompute", "properties": {"userAccountCredentials": account}}
    assert ask("PUT", "/computes/guarded", {"properties": cluster})[0] == 201
    time.sleep(0.02)
    answer = ask("GET", "/computes/guarded")[1]
    assert answer["properties"]["properties"]["userAccountCredentials"]["adminUserPassword"] is None
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"adminUserName" in kept
    assert b"swordfish" not in kept


def test_an_answer_has_the_fields_of_its_api_version_only(ask):
    ask.component({"name": "line", "version": "1", "type": "pipeline", "jobs": {}})
    ask("PUT", "/batchEndpoints/train", {"properties": {}})
    configuration = {
        "deploymentConfigurationType": "PipelineComponent",
        "componentId": {"assetId": f"{ask.arm}/components/line/versions/1"},
    }
    deployment = {"properties": {"deploymentConfiguration": configuration}}
    path = "/batchEndpoints/train/deployments/blue"
    assert ask("PUT", path, deployment)[1]["properties"]["deploymentConfiguration"] == configuration
    assert ask("GET", path, api=PREVIEW)[1]["properties"]["deploymentConfiguration"] == configuration
    assert "deploymentConfiguration" not in ask("GET", path, api=STABLE)[1]["properties"]
    assert "stage" in ask("GET", "/environments/plain/versions/1", api=STABLE)[1]["properties"]
    assert "stage" not in ask("GET", "/environments/plain/versions/1", api="2022-05-01")[1]["properties"]


def test_the_answer_to_a_change_is_that_it_began(ask):
    first = ask("PUT", "/batchEndpoints/train", {"properties": {}})[1]["properties"]
    assert (first["provisioningState"], first["scoringUri"]) == ("Creating", None)
    time.sleep(0.02)
    assert ask("GET", "/batchEndpoints/train")[1]["properties"]["provisioningState"] == "Succeeded"
    again = ask("PUT", "/batchEndpoints/train", {"properties": {}})[1]["properties"]
    assert again["provisioningState"] == "Updating"
    assert again["scoringUri"].startswith("https://train.")


def test_a_file_may_be_given_where_a_folder_is_asked_for_but_no_table(ask):
    """As recorded in test_command_job_dependency_label_resolution."""
    root = "azureml://datastores/workspaceblobstore/paths"
    for name, kind in (("file", "uri_file"), ("table", "mltable")):
        asset = {"dataType": kind, "dataUri": f"{root}/{name}"}
        assert ask("PUT", f"/data/{name}/versions/1", {"properties": asset})[0] == 201
    statuses = []
    for name in ("file", "table"):
        given = {"d": {"uri": f"{ask.arm}/data/{name}/versions/1", "jobInputType": "uri_folder"}}
        job = {"jobType": "Command", "command": "true", "computeId": "cluster", "inputs": given}
        job["environmentId"] = f"{ask.arm}/environments/plain/versions/1"
        statuses.append(ask("PUT", f"/jobs/takes-{name}", {"properties": job})[0])
    assert statuses == [201, 400]
