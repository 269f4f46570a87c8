"""A job's life as clients see it: logs while it runs, cancellation, reuse, downloads."""

import subprocess
import time

import pytest
from azure.storage.blob import ContainerClient

FOLDER = {"type": "uri_folder"}
ROWS = {"type": "uri_folder", "path": "azureml:rows:1"}


def is_running(process):
    """Say whether a process lives; one that only waits to be reaped does not."""
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return bool(stat.strip()) and not stat.strip().startswith("Z")


def eventually(true, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)
    return value


def history(bench, path, method="GET", body=None):
    names = bench.workspace.names
    kind, _, rest = path.partition("/")
    status, answer = bench.ask(method, f"/{kind}/v1.0{names.arm}/{rest}", body, host="eastus.api.azureml.ms")
    assert status == 200, answer
    return answer


def test_logs_can_be_read_while_a_step_runs(bench):
    gate = bench.folder / "gate"
    command = f"echo first; while [ ! -e {gate} ]; do sleep 0.02; done; echo last"
    job = bench.submit({"talk": {"component": bench.component(command)}})
    child = eventually(lambda: bench.children(job).get("talk"))
    log = "user_logs/std_log.txt"
    eventually(lambda: log in history(bench, f"history/runs/{child.name}/details")["logFiles"])
    address = history(bench, f"history/runs/{child.name}/details")["logFiles"][log]
    with ContainerClient.from_container_url(address.partition("/ExperimentRun")[0]) as container:
        name = f"ExperimentRun/dcid.{child.name}/{log}"
        eventually(lambda: container.download_blob(name).readall() == b"first\n")
        assert bench.client.jobs.get(job.name).status == "Running"
        gate.touch()
        bench.finished(job.name)
        assert container.download_blob(name).readall() == b"first\nlast\n"


def test_stream_tells_the_story_and_ends_with_the_job(bench, client, capsys):
    job = bench.submit({"short": {"component": bench.component("sleep 0.5")}})
    client.jobs.stream(job.name)
    told = capsys.readouterr().out
    assert "short: running as" in told
    assert "short: completed" in told
    assert "Execution Summary" in told


def test_cancel_ends_the_steps_and_all_they_started(bench, client):
    marks = bench.folder / "marks"
    command = f"sleep 300 & echo $! > {marks}; echo $$ >> {marks}; wait"
    later = {
        "component": bench.component("ls ${{inputs.d}}", {"d": FOLDER}),
        "inputs": {"d": "${{parent.jobs.long.outputs.out}}"},
    }
    job = bench.submit({"long": {"component": bench.component(command, {}, {"out": "uri_folder"})}, "later": later})
    eventually(lambda: marks.exists() and len(marks.read_text().split()) == 2)
    processes = [int(text) for text in marks.read_text().split()]
    assert all(is_running(process) for process in processes)
    client.jobs.begin_cancel(job.name).result()
    assert bench.finished(job.name).status == "Canceled"
    assert {name: child.status for name, child in bench.children(job).items()} == {"long": "Canceled"}
    eventually(lambda: not any(is_running(process) for process in processes))


@pytest.mark.slow
def test_cancel_ends_a_step_that_does_not_listen(bench, client):
    mark = bench.folder / "mark"
    job = bench.submit(
        {"deaf": {"component": bench.component(f"trap '' TERM; echo $$ > {mark}; while true; do sleep 1; done")}}
    )
    eventually(lambda: mark.exists() and mark.read_text().strip())
    client.jobs.begin_cancel(job.name)
    assert bench.finished(job.name).status == "Canceled"
    eventually(lambda: not is_running(int(mark.read_text())))


def test_what_a_step_leaves_running_ends_with_it(bench):
    mark = bench.folder / "mark"
    job = bench.run({"careless": {"component": bench.component(f"sleep 300 & echo $! > {mark}")}})
    assert job.status == "Completed"
    eventually(lambda: not is_running(int(mark.read_text())))


class TestReuse:
    """A step that ran before on the same inputs does not run again, unless it says so or its job does."""

    @pytest.fixture
    def submit(self, bench):
        def run(command="date +%s%N > ${{outputs.out}}/when", data="azureml:rows:1", settings=None, **more):
            component = bench.component(command, {"d": FOLDER}, {"out": "uri_folder"}, **more)
            step = {
                "component": component,
                "inputs": {"d": "${{parent.inputs.d}}"},
                "outputs": {"out": "${{parent.outputs.out}}"},
            }
            inputs = {"d": {"type": "uri_folder", "path": data}}
            job = bench.run({"step": step}, inputs, {"out": {"type": "uri_folder"}}, **(settings or {}))
            assert job.status == "Completed"
            return job, bench.children(job)["step"]

        return run

    def test_the_same_step_is_reused_and_says_so(self, bench, submit):
        command = "echo $RANDOM > ${{outputs.out}}/x #" + bench.folder.name
        first, first_step = submit(command)
        second, second_step = submit(command)
        assert "azureml.isreused" not in first_step.properties
        assert second_step.properties["azureml.isreused"] == "true"
        assert second_step.properties["azureml.reusedrunid"] == first_step.name
        assert bench.output(first, "out") == bench.output(second, "out")

    def test_another_command_input_or_environment_is_another_step(self, bench, client, submit):
        from azure.ai.ml.entities import Data, Environment

        (bench.folder / "more").mkdir()
        (bench.folder / "more" / "x.csv").write_text(bench.folder.name)
        client.data.create_or_update(
            Data(name="other", version="1", type="uri_folder", path=str(bench.folder / "more"))
        )
        client.environments.create_or_update(Environment(name="other-env", version="1", image="image:1"))
        command = "true #" + bench.folder.name
        submit(command)
        for changed in (
            {"command": command + "!"},
            {"command": command, "data": "azureml:other:1"},
            {"command": command, "environment": "azureml:other-env:1"},
        ):
            assert "azureml.isreused" not in submit(**changed)[1].properties

    def test_changed_code_is_another_step(self, bench, submit):
        code = bench.folder / "code"
        code.mkdir()
        reused = []
        for text in ("one", "one", "two"):
            (code / "say.sh").write_text(f"echo {text} {bench.folder.name}")
            _, step = submit("bash say.sh", code="./code")
            reused.append(step.properties.get("azureml.isreused"))
        assert reused == [None, "true", None]

    def test_reuse_can_be_declined_by_the_job_and_by_the_component(self, bench, submit):
        command = "true #" + bench.folder.name
        submit(command)
        assert "azureml.isreused" not in submit(command, settings={"force_rerun": True})[1].properties
        for _ in range(2):
            assert "azureml.isreused" not in submit(command + "!", is_deterministic=False)[1].properties

    def test_outputs_that_are_gone_are_made_again(self, bench, submit):
        import shutil

        command = "true #" + bench.folder.name
        job, _ = submit(command)
        shutil.rmtree(bench.output(job, "out"))
        assert "azureml.isreused" not in submit(command)[1].properties


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
        answer = history(bench, "data/dataversion/batchGetResolvedUris", "POST", {"values": [identity]})
        path = answer["values"][identity]["uri"].partition("/workspaceblobstore/paths/")[2]
        names = bench.workspace.names
        url = f"https://{names.storage_host}/{names.default_container}"
        with ContainerClient.from_container_url(url, credential="a2V5") as container:
            found = {blob.name.removeprefix(path): blob for blob in container.list_blobs(name_starts_with=path)}
            assert list(found) == ["deep/x"]
            assert container.download_blob(path + "deep/x").readall() == b"1\n"


def test_a_list_shows_what_was_changed_of_a_finished_job(bench):
    job = bench.run({"step": {"component": bench.component("true")}})

    def listed():
        return next((found.tags for found in bench.client.jobs.list() if found.name == job.name), None)

    assert listed() == {}
    job.tags = {"seen": "yes"}
    bench.client.jobs.create_or_update(job)
    assert listed() == {"seen": "yes"}
