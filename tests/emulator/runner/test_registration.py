"""Outputs that become assets."""

from helpers import EXECUTION_LOG


def test_a_named_output_becomes_an_asset(bench, client):
    component = bench.component("echo 1 > ${{outputs.made}}/x", {}, {"made": "uri_folder"})
    step = {"component": component, "outputs": {"made": "${{parent.outputs.made}}"}}
    outputs = {"made": {"type": "uri_folder", "name": "made-here"}}
    job = bench.run({"make": step}, outputs=outputs)
    made = client.data.get("made-here", label="latest")
    assert (job.status, made.version, made.type) == ("Completed", "1", "uri_folder")
    reader = bench.component("cat ${{inputs.d}}/x", {"d": {"type": "uri_folder"}})
    again = {"component": reader, "inputs": {"d": {"type": "uri_folder", "path": "azureml:made-here:1"}}}
    assert bench.run({"read": again}).status == "Completed"


def test_a_named_output_cannot_overwrite_a_version(bench):
    component = bench.component("echo 1 > ${{outputs.made}}/x", {}, {"made": "uri_folder"})
    step = {"component": component, "outputs": {"made": "${{parent.outputs.made}}"}}
    job = bench.run({"make": step}, outputs={"made": {"type": "uri_folder", "name": "rows", "version": "1"}})
    assert job.status == "Failed"
    assert "already exists" in bench.log(job, EXECUTION_LOG)
