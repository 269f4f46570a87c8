"""Where outputs go: every address that a job is accepted with is one that its steps write and that others read."""

import pytest
from azure.ai.ml._artifacts._artifact_utilities import download_artifact_from_aml_uri
from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore

ADDED = "added"


WORKSPACE = "azureml://subscriptions/{0.subscription}/resourcegroups/{0.group}/workspaces/{0.workspace}"


@pytest.fixture(autouse=True)
def added(bench, client):
    """A datastore that a user added, on the workspace's own account."""
    client.datastores.create_or_update(
        AzureBlobDatastore(
            name=ADDED,
            account_name=bench.workspace.names.account,
            container_name="elsewhere",
            credentials=AccountKeyConfiguration(account_key="a2V5"),
        )
    )


def pipeline(bench, path):
    """Steps and outputs of a job that writes to ``path`` and reads from there."""
    write = bench.component(f"echo {bench.folder.name} > ${{{{outputs.out}}}}/x", outputs={"out": "uri_folder"})
    read = bench.component(
        "cat ${{inputs.data}}/x > ${{outputs.text}}", {"data": {"type": "uri_folder"}}, {"text": "uri_file"}
    )
    steps = {
        "write": {"component": write, "outputs": {"out": "${{parent.outputs.out}}"}},
        "read": {
            "component": read,
            "inputs": {"data": "${{parent.jobs.write.outputs.out}}"},
            "outputs": {"text": "${{parent.outputs.text}}"},
        },
    }
    return steps, {"out": {"type": "uri_folder", "path": path}, "text": {"type": "uri_file"}}


@pytest.mark.parametrize(
    ("path", "container"),
    [
        ("azureml://datastores/added/paths/{}", "elsewhere"),
        ("azureml://datastores/ADDED/paths/{}", "elsewhere"),
        (WORKSPACE + "/datastores/added/paths/{}", "elsewhere"),
        ("azureml://datastores/WorkspaceBlobStore/paths/{}", "{0.default_container}"),
        ("azureml://datastores/workspaceArtifactStore/paths/{}", "azureml"),
    ],
)
def test_an_output_goes_where_it_is_sent_and_is_read_from_there(bench, client, path, container):
    names, folder = bench.workspace.names, f"of-{bench.folder.name}"
    address = path.replace("{}", f"{folder}/").format(names)
    steps, outputs = pipeline(bench, address)
    job = bench.run(steps, outputs=outputs)
    assert job.status == "Completed", bench.log(job, "logs/azureml/executionlogs.txt")
    content = f"{bench.folder.name}\n"
    assert bench.output(job, "text").read_text() == content
    assert (bench.workspace.blobs.path(container.format(names), folder) / "x").read_text() == content
    download_artifact_from_aml_uri(address, str(bench.folder / "down"), client.datastores)
    assert (bench.folder / "down" / "x").read_text() == content
    again = bench.run(steps, outputs=outputs)
    assert bench.children(again)["write"].properties["azureml.isreused"] == "true"


def test_an_output_that_is_registered_can_be_an_input(bench):
    steps, outputs = pipeline(bench, "azureml://datastores/added/paths/registered/")
    outputs["out"]["name"] = "kept-elsewhere"
    assert bench.run(steps, outputs=outputs).status == "Completed"
    read = {"component": steps["read"]["component"], "inputs": {"data": "${{parent.inputs.data}}"}}
    given = {"data": {"type": "uri_folder", "path": "azureml:kept-elsewhere@latest"}}
    assert bench.run({"read": read}, given).status == "Completed"


@pytest.mark.parametrize(
    "path", ["file:///tmp/x", "azureml:rows:1", "https://{0.storage_host}/{0.default_container}/x", "azureml://x/y"]
)
def test_an_output_that_goes_to_no_datastore_is_refused_at_once(bench, path):
    path = path.format(bench.workspace.names)
    body = {"jobType": "Command", "command": "true", "environmentId": "azureml:plain-env:1", "computeId": "cluster"}
    outputs = {"out": {"jobOutputType": "uri_folder", "uri": path}}
    status, response = bench.request("PUT", "/jobs/no-datastore", {"properties": {**body, "outputs": outputs}})
    assert (status, response["error"]["code"]) == (400, "NotSupported")


def test_a_datastore_that_is_gone_when_its_step_runs_fails_the_step_by_name(bench, client):
    gate = bench.folder / "gate"
    wait = bench.component(f"while [ ! -e {gate} ]; do sleep 0.02; done", outputs={"done": "uri_folder"})
    steps, outputs = pipeline(bench, "azureml://datastores/added/paths/gone/")
    steps = {"wait": {"component": wait}, "write": steps["write"]}
    after = bench.component(
        "true ${{inputs.done}} > ${{outputs.out}}/x", {"done": {"type": "uri_folder"}}, {"out": "uri_folder"}
    )
    steps["write"] = {**steps["write"], "component": after, "inputs": {"done": "${{parent.jobs.wait.outputs.done}}"}}
    job = bench.submit(steps, outputs={"out": outputs["out"]})
    bench.until(job.name, lambda seen: seen.status == "Running")
    client.datastores.delete(ADDED)
    gate.touch()
    assert bench.finished(job.name).status == "Failed"
    error = bench.workspace.store.get(f"jobs/{job.name}")["error"]
    assert error == {"code": "UserError", "message": "Output out: Could not find datastore: added."}
