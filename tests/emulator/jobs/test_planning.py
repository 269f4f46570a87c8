"""Jobs that cannot run are refused when they are submitted."""

import pytest
from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import HttpResponseError
from helpers import FOLDER, pipeline_of


def refused(bench, jobs, inputs=None, outputs=None, **settings):
    with pytest.raises(HttpResponseError) as refusal:
        bench.submit(jobs, inputs, outputs, **settings)
    return refusal.value


def inner_codes(error):
    """Return the chain of codes that the service hangs into ``additionalInfo``."""
    chain = next(info["info"]["value"] for info in error["additionalInfo"] if info["type"] == "InnerError")
    while chain:
        yield chain["code"]
        chain = chain["innerError"]


def test_an_unknown_component_version_is_not_found(bench):
    """As recorded in test_pipeline_job_validation_remote[non_existent_remote_version.yml]."""
    arm = bench.workspace.names.arm
    body = {
        "properties": {
            "jobType": "Pipeline",
            "jobs": {"a": {"type": "command", "componentId": f"{arm}/components/basic/versions/none"}},
            "settings": {"default_compute": "cluster"},
        }
    }
    status, response = bench.request("PUT", "/jobs/unknown-component", body)
    expected = f"key: {arm}/components/basic/versions/none, Message: Not found component basic (version: none)."
    assert (status, response["error"]["message"]) == (404, expected)
    assert bench.request("GET", "/jobs/unknown-component")[0] == 404


def test_an_unknown_compute_is_refused(bench):
    component = bench.component("true")
    with pytest.raises(MlException, match="Compute not found with name no-such-compute"):
        bench.submit({"a": {"component": component, "compute": "azureml:no-such-compute"}})


def test_the_service_refuses_an_unknown_compute_itself(bench):
    body = graph(bench, {})
    body["properties"]["settings"]["default_compute"] = "no-such-compute"
    status, response = bench.request("PUT", "/jobs/unknown-compute", body)
    assert (status, response["error"]["code"]) == (404, "ComputeNotFound")
    del body["properties"]["settings"]["default_compute"]
    status, response = bench.request("PUT", "/jobs/no-compute", body)
    assert (status, list(inner_codes(response["error"]))[-1]) == (400, "ComputeNotProvided")


def test_an_unknown_data_version_is_not_found(bench):
    step = {"component": bench.component("ls ${{inputs.d}}", {"d": FOLDER}), "inputs": {"d": "${{parent.inputs.d}}"}}
    error = refused(bench, {"a": step}, {"d": {"type": "uri_folder", "path": "azureml:rows:99"}})
    assert error.status_code == 404
    assert "rows (version: 99)" in error.message


@pytest.mark.parametrize(
    ("port", "value", "words"),
    [
        ({"type": "integer"}, "3.5", "must be of type integer"),
        ({"type": "number", "max": 2}, "3", "maximum is 2"),
        ({"type": "boolean"}, "perhaps", "must be of type boolean"),
    ],
)
def test_a_wrong_literal_is_refused(bench, port, value, words):
    """The SDK checks some of these itself; the service must not rely on it, so this goes past it."""
    registered = bench.register(bench.component("echo ${{inputs.x}}", {"x": port}))
    body = {
        "properties": {
            "jobType": "Pipeline",
            "jobs": {
                "a": {
                    "type": "command",
                    "componentId": registered.id,
                    "inputs": {"x": {"job_input_type": "literal", "value": value}},
                }
            },
            "settings": {"default_compute": "cluster"},
        }
    }
    status, response = bench.request("PUT", "/jobs/wrong-literal", body)
    assert (status, response["error"]["code"]) == (400, "UserError")
    assert words in response["error"]["message"]


def graph(bench, ports, outputs=None, node=None):
    registered = bench.register(bench.component("true", ports, outputs))
    return {
        "properties": {
            "jobType": "Pipeline",
            "jobs": {"a": {"type": "command", "componentId": registered.id, **(node or {})}},
            "settings": {"default_compute": "cluster"},
        }
    }


@pytest.mark.parametrize(
    ("ports", "node", "words", "reason"),
    [
        ({"d": FOLDER}, {}, "Required input d for component job a is not provided", "MissingInput"),
        (
            {},
            {"inputs": {"e": {"job_input_type": "literal", "value": "1"}}},
            "input e for component job a does not exist",
            "InvalidComponentJobInput",
        ),
        (
            {"x": {"type": "string"}},
            {"inputs": {"x": {"job_input_type": "literal", "value": "${{parent.namesake}}"}}},
            "Invalid expression parent.namesake. Only parent.inputs",
            "InvalidExpressionInJob",
        ),
        (
            {"d": FOLDER},
            {"inputs": {"d": {"job_input_type": "literal", "value": "${{parent.jobs.a.outputs.o}}"}}},
            "cycle",
            "CyclicGraph",
        ),
        (
            {"d": FOLDER},
            {"inputs": {"d": {"job_input_type": "literal", "value": "${{parent.jobs.b.outputs.o}}"}}},
            "source job b",
            "InvalidExpressionInJob",
        ),
        (
            {},
            {"outputs": {"o": {"value": "${{parent.outputs.o}}", "type": "literal"}}},
            "output o for component job a does not exist",
            "InvalidComponentJobOutput",
        ),
    ],
)
def test_a_graph_that_cannot_work_is_refused(bench, ports, node, words, reason):
    """Expression and unknown input: as recorded in test_pipeline_job_with_data_binding_expression."""
    status, response = bench.request("PUT", "/jobs/wrong-graph", graph(bench, ports, node=node))
    assert status == 400
    assert words in response["error"]["message"]
    assert list(inner_codes(response["error"]))[:3] == ["BadArgument", "ArgumentInvalid", "InvalidPipelineJob"]
    assert reason in inner_codes(response["error"])


def test_what_is_not_covered_is_refused_by_name(bench):
    flow = {"properties": {"componentSpec": {"type": "promptflow_parallel", "name": "flow", "version": "1"}}}
    cases = [
        ("PUT", "/jobs/automl", {"properties": {"jobType": "AutoML"}}, "A job of type AutoML"),
        ("PUT", "/datastores/mine", {"properties": {"datastoreType": "Hdfs"}}, "A datastore of type Hdfs"),
        ("PUT", "/computes/kube", {"properties": {"computeType": "Kubernetes"}}, "A compute of type Kubernetes"),
        ("PUT", "/components/flow/versions/1", flow, "A component of type promptflow_parallel"),
        ("PUT", "/jobs/automl-step", pipeline_of("automl"), "A step of type automl (a)"),
    ]
    for method, path, body, words in cases:
        status, response = bench.request(method, path, body)
        assert (status, response["error"]["code"]) == (400, "NotSupported"), path
        assert words in response["error"]["message"]
        assert "not supported by the embedded workspace" in response["error"]["message"]


def test_a_place_that_cannot_be_reached_is_refused_at_once(bench):
    requested = graph(bench, {}, {"o": "uri_folder"})
    requested["properties"]["jobs"]["a"]["outputs"] = {
        "o": {"uri": "https://elsewhere.example/x", "job_output_type": "uri_folder"}
    }
    status, response = bench.request("PUT", "/jobs/far-away", requested)
    assert (status, response["error"]["code"]) == (400, "NotSupported")
    requested["properties"]["jobs"]["a"]["outputs"]["o"]["uri"] = (
        "azureml://datastores/workspaceblobstore/paths/../../x"
    )
    assert bench.request("PUT", "/jobs/climbing", requested)[0] == 400
