"""Assets made from what a run left, and the modes of outputs at an invocation."""

import pytest
from azure.ai.ml import Output
from azure.ai.ml.entities import Data, Model
from azure.core.exceptions import HttpResponseError


def test_assets_of_a_runs_outputs_can_be_read(bench, tmp_path):
    make = bench.component("echo made > ${{outputs.o}}/x", {}, {"o": "uri_folder"})
    step = {"component": make, "outputs": {"o": "${{parent.outputs.o}}"}}
    job = bench.run({"make": step}, outputs={"o": {"type": "uri_folder"}})
    child = bench.children(job)["make"]
    addresses = {
        "whole": f"azureml://jobs/{job.name}/outputs/o",
        "part": f"azureml://jobs/{job.name}/outputs/o/paths/",
        "folder": f"azureml://jobs/{child.name}/outputs/artifacts/paths/user_logs",
        "run": f"runs:/{child.name}/user_logs",
    }
    for name, path in addresses.items():
        bench.client.models.create_or_update(Model(name=f"of-run-{name}", version="1", type="custom_model", path=path))
        bench.client.models.download(f"of-run-{name}", "1", download_path=tmp_path / name)
        found = {file.name: file.read_text() for file in (tmp_path / name).rglob("*") if file.is_file()}
        assert found == ({"x": "made\n"} if name in ("whole", "part") else {"std_log.txt": ""})
    data = Data(name="of-run", version="1", type="uri_folder", path=addresses["whole"])
    bench.client.data.create_or_update(data)
    show = bench.component("cat ${{inputs.d}}/x > ${{outputs.o}}", {"d": {"type": "uri_folder"}}, {"o": "uri_file"})
    step = {"component": show, "inputs": {"d": "${{parent.inputs.d}}"}, "outputs": {"o": "${{parent.outputs.o}}"}}
    for path in ("azureml:of-run:1", addresses["whole"]):
        shown = bench.run({"s": step}, {"d": {"type": "uri_folder", "path": path}}, {"o": {"type": "uri_file"}})
        assert bench.output(shown, "o").read_text() == "made\n"


@pytest.mark.parametrize(("run", "output"), [("no-such-run", "o"), (None, "no-such-output")])
def test_what_no_run_left_is_refused_at_once(bench, run, output):
    job = bench.run({"a": {"component": bench.component("true")}}) if run is None else None
    path = f"azureml://jobs/{run or job.name}/outputs/{output}"
    with pytest.raises(HttpResponseError):
        bench.client.models.create_or_update(Model(name="of-none", version="1", type="custom_model", path=path))


def test_an_output_of_an_invocation_has_a_mode_that_clients_can_read(bench):
    """As azureml-examples' batch-scoring-with-preprocessing sends it."""
    step = {"type": "command", "component": bench.component("echo 1 > ${{outputs.o}}/x", {}, {"o": "uri_folder"})}
    step["outputs"] = {"o": "${{parent.outputs.o}}"}
    bench.endpoint("modes")
    bench.deploy("modes", "blue", bench.pipeline_component({"a": step}, outputs={"o": "uri_folder"}))
    job = bench.client.batch_endpoints.invoke(
        "modes", deployment_name="blue", outputs={"o": Output(type="uri_folder", mode="upload")}
    )
    assert bench.finished(job.name).outputs["o"].mode == "upload"
    host = "modes.eastus.inference.ml.azure.com"
    body = {"properties": {"outputData": {"o": {"jobOutputType": "uri_folder", "mode": "by pigeon"}}}}
    status, answer = bench.request("POST", "/jobs", body, host, {"azureml-model-deployment": "blue"})
    assert (status, "by pigeon" in answer["error"]["message"]) == (400, True)


def test_a_second_change_of_data_says_who_made_it(bench):
    body = {"properties": {"dataType": "uri_folder", "dataUri": "azureml://datastores/workspaceblobstore/paths/p"}}
    path = "/data/changed/versions/1?api-version=2023-04-01-preview"
    first, second = bench.request("PUT", path, body), bench.request("PUT", path, body)
    assert (first[0], second[0]) == (201, 200)
    assert "lastModifiedBy" not in first[1]["systemData"]
    assert "lastModifiedBy" in second[1]["systemData"]
