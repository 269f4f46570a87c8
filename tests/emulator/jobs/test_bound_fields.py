"""What a step binds to its pipeline beside plain inputs: a path inside data, a name, variables, default datastores."""

import pytest
from azure.core.exceptions import HttpResponseError
from helpers import ROWS

FILE_PORT = {"type": "uri_file"}


def test_a_path_inside_data_is_bound(bench):
    """As the vendor's test_pipeline_job_with_data_binding_expression expects (4 and 5)."""
    show = bench.component("cat ${{inputs.file}} > ${{outputs.out}}", {"file": FILE_PORT}, {"out": "uri_file"})
    step = {
        "component": show,
        "inputs": {"file": "${{parent.inputs.folder}}/${{parent.inputs.name}}.csv"},
        "outputs": {"out": "${{parent.outputs.out}}"},
    }
    job = bench.run({"show": step}, {"folder": ROWS, "name": "rows"}, {"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text() == "a,b\n1,2\n"


def test_a_path_inside_the_output_of_a_step_waits_for_the_step(bench):
    make = bench.component("mkdir ${{outputs.o}}/in; echo deep > ${{outputs.o}}/in/x", {}, {"o": "uri_folder"})
    show = bench.component("cat ${{inputs.file}} > ${{outputs.out}}", {"file": FILE_PORT}, {"out": "uri_file"})
    steps = {
        "show": {
            "component": show,
            "inputs": {"file": "${{parent.jobs.make.outputs.o}}/in/x"},
            "outputs": {"out": "${{parent.outputs.out}}"},
        },
        "make": {"component": make},
    }
    job = bench.run(steps, outputs={"out": {"type": "uri_file"}})
    assert bench.output(job, "out").read_text() == "deep\n"


def test_a_path_does_not_lead_out_of_the_data(bench):
    show = bench.component("cat ${{inputs.file}}", {"file": FILE_PORT})
    step = {"component": show, "inputs": {"file": "${{parent.inputs.folder}}/${{parent.inputs.name}}"}}
    job = bench.run({"show": step}, {"folder": ROWS, "name": "../../secret"})
    assert job.status == "Failed"


def test_the_name_of_the_pipeline_is_bound(bench):
    """As the vendor's test_pipeline_job_with_data_binding_expression expects (2)."""
    show = bench.component(
        "printf %s ${{inputs.text}} > ${{outputs.o}}", {"text": {"type": "string"}}, {"o": "uri_file"}
    )
    step = {"component": show, "inputs": {"text": "${{parent.name}}"}, "outputs": {"o": "${{parent.outputs.o}}"}}
    job = bench.run({"show": step}, outputs={"o": {"type": "uri_file"}})
    assert bench.output(job, "o").read_text() == job.name


def test_variables_that_are_no_object_are_refused_by_name(bench):
    """The SDK can send them, and could not read the job any more."""
    component = bench.register(bench.component("true"))
    step = {"type": "command", "componentId": component.id, "environment_variables": "${{parent.inputs.v}}"}
    literal = {"v": {"jobInputType": "literal", "value": "{}"}}
    body = {"jobType": "Pipeline", "jobs": {"a": step}, "inputs": literal, "settings": {"default_compute": "cluster"}}
    status, answer = bench.request("PUT", "/jobs/variables", {"properties": body})
    assert (status, answer["error"]["code"]) == (400, "NotSupported")
    assert "environment_variables" in answer["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/somewhere/else", "azureml://datastores/${{default_datastore}}/paths/here/${{name}}"]
)
def test_a_path_without_a_datastore_lies_on_the_default_one(bench, path):
    """`/prepped_data` is recorded in test_nyc_taxi_data_regression, `${{default_datastore}}` is documented."""
    make = bench.component("echo made > ${{outputs.o}}/x", {}, {"o": "uri_folder"})
    step = {"component": make, "outputs": {"o": "${{parent.outputs.o}}"}}
    outputs = {"o": {"type": "uri_folder", "path": path}}
    job = bench.run({"make": step}, outputs=outputs, default_datastore="azureml:workspaceartifactstore")
    place = bench.output(job, "o")
    assert (place / "x").read_text() == "made\n"
    assert place.is_relative_to(bench.workspace.blobs.path("azureml"))


def test_an_unknown_default_datastore_is_refused_by_name(bench):
    step = {"component": bench.component("true")}
    with pytest.raises(HttpResponseError, match="Could not find datastore: nowhere"):
        bench.submit({"a": step}, default_datastore="azureml:nowhere")


def test_the_compute_of_a_nested_step_must_exist(bench):
    inner = {"type": "command", "component": bench.component("true"), "compute": "azureml:no-such-compute"}
    nested = {"type": "pipeline", "component": bench.pipeline_component({"inner": inner})}
    component = bench.register(nested["component"])
    step = {"type": "pipeline", "componentId": component.id}
    body = {"jobType": "Pipeline", "jobs": {"a": step}, "settings": {"default_compute": "cluster"}}
    status, answer = bench.request("PUT", "/jobs/nested-compute", {"properties": body})
    assert (status, answer["error"]["code"]) == (404, "ComputeNotFound")


def test_a_table_is_made_of_a_folder(bench):
    show = bench.component("ls ${{inputs.t}} > ${{outputs.o}}", {"t": {"type": "mltable"}}, {"o": "uri_file"})
    step = {"component": show, "inputs": {"t": "${{parent.inputs.t}}"}, "outputs": {"o": "${{parent.outputs.o}}"}}
    job = bench.run({"show": step}, {"t": {**ROWS, "type": "mltable"}}, {"o": {"type": "uri_file"}})
    assert bench.output(job, "o").read_text() == "rows.csv\n"
