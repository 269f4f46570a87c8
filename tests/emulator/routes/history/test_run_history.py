"""The run history: logs while a step runs, the stream of a job, downloads of outputs."""

import threading

from azure.storage.blob import ContainerClient
from helpers import wait_until


def history(bench, path, method="GET", body=None):
    names = bench.workspace.names
    kind, _, rest = path.partition("/")
    status, response = bench.request(method, f"/{kind}/v1.0{names.arm}/{rest}", body, host="eastus.api.azureml.ms")
    assert status == 200, response
    return response


def test_logs_can_be_read_while_a_step_runs(bench):
    gate = bench.folder / "gate"
    command = f"echo first; while [ ! -e {gate} ]; do sleep 0.02; done; echo last"
    job = bench.submit({"talk": {"component": bench.component(command)}})
    child = wait_until(lambda: bench.children(job).get("talk"))
    log = "user_logs/std_log.txt"
    wait_until(lambda: log in history(bench, f"history/runs/{child.name}/details")["logFiles"])
    address = history(bench, f"history/runs/{child.name}/details")["logFiles"][log]
    with ContainerClient.from_container_url(address.partition("/ExperimentRun")[0]) as container:
        name = f"ExperimentRun/dcid.{child.name}/{log}"
        wait_until(lambda: container.download_blob(name).readall() == b"first\n")
        assert bench.client.jobs.get(job.name).status == "Running"
        gate.touch()
        bench.finished(job.name)
        assert container.download_blob(name).readall() == b"first\nlast\n"


def test_stream_tells_the_story_and_ends_with_the_job(bench, client, capsys):
    job = bench.submit({"short": {"component": bench.component("sleep 0.5")}})
    client.jobs.stream(job.name)
    printed = capsys.readouterr().out
    assert "short: running as" in printed
    assert "short: completed" in printed
    assert "Execution Summary" in printed


def test_the_log_of_a_command_is_streamed_while_it_runs(bench, client, capsys):
    gate = bench.folder / "gate"
    job = bench.command(f"echo first; while [ ! -e {gate} ]; do sleep 0.02; done; echo last", wait=False)
    threading.Timer(3, gate.touch).start()
    client.jobs.stream(job.name)
    printed = capsys.readouterr().out
    assert "Streaming user_logs/std_log.txt" in printed
    assert "first\n" in printed


def test_outputs_of_jobs_and_steps_can_be_downloaded(bench, client):
    component = bench.component(
        "mkdir ${{outputs.out}}/deep; echo 1 > ${{outputs.out}}/deep/x", {}, {"out": "uri_folder"}
    )
    step = {"component": component, "outputs": {"out": "${{parent.outputs.final}}"}}
    job = bench.run({"make": step}, outputs={"final": {"type": "uri_folder"}})
    child = bench.children(job)["make"]
    client.jobs.download(job.name, download_path=bench.folder / "all", all=True)
    assert list((bench.folder / "all").rglob("executionlogs.txt"))
    for name, output in ((job.name, "final"), (child.name, "out")):
        run = history(bench, "history/rundata", "POST", {"runId": name, "selectRunMetadata": True})["runMetadata"]
        assert run["outputs"][output]["type"] == "UriFolder"
        identity = run["outputs"][output]["assetId"]
        response = history(bench, "data/dataversion/batchGetResolvedUris", "POST", {"values": [identity]})
        path = response["values"][identity]["uri"].partition("/workspaceblobstore/paths/")[2]
        names = bench.workspace.names
        url = f"https://{names.storage_host}/{names.default_container}"
        with ContainerClient.from_container_url(url, credential="a2V5") as container:
            found = {blob.name.removeprefix(path): blob for blob in container.list_blobs(name_starts_with=path)}
            assert list(found) == ["deep/x"]
            assert container.download_blob(path + "deep/x").readall() == b"1\n"
