"""Where state lives: any folder, with spaces too; what steps run in; what survives and what is forgotten."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from test_job_life import eventually
from workbench import Workbench

from emulator.client import activate, deactivate
from emulator.jobs.observation import job_lock
from emulator.service import Service
from emulator.state.folder import plain_path
from emulator.state.workspace import Workspace
from emulator.wire.errors import Unusable
from emulator.wire.http import Request


@pytest.fixture(autouse=True)
def _deactivated():
    yield
    deactivate()


def test_a_plain_folder_is_used_as_it_is(tmp_path):
    assert plain_path(tmp_path / "new" / "state") == (tmp_path / "new" / "state").resolve()


def test_a_folder_with_spaces_gets_a_link_without(tmp_path, monkeypatch):
    (tmp_path / "links").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "links"))
    folder = tmp_path / "it's my $tate; really"
    link = plain_path(folder)
    assert link.parent == tmp_path / "links"
    assert link.resolve() == folder.resolve()
    assert plain_path(folder) == link
    link.unlink()
    link.write_text("in the way")
    with pytest.raises(Unusable, match="is in the way"):
        plain_path(folder)


def test_a_folder_that_no_link_makes_plain_is_refused(tmp_path, monkeypatch):
    (tmp_path / "also spaced").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "also spaced"))
    with pytest.raises(Unusable, match="cannot be used"):
        plain_path(tmp_path / "my state")


def test_jobs_run_in_a_state_folder_with_spaces(tmp_path):
    bench = Workbench(tmp_path / "my state" / "of things")
    bench.folder = tmp_path
    bench.set_up()
    command = "cp ${{inputs.d}}/rows.csv ${{outputs.o}}/copied"
    component = bench.component(command, {"d": {"type": "uri_folder"}}, {"o": "uri_folder"})
    step = {"component": component, "inputs": {"d": "${{parent.inputs.d}}"}, "outputs": {"o": "${{parent.outputs.o}}"}}
    inputs = {"d": {"type": "uri_folder", "path": "azureml:rows:1"}}
    job = bench.run({"copy": step}, inputs, {"o": {"type": "uri_folder"}})
    assert job.status == "Completed"
    assert (tmp_path / "my state" / "of things") in (bench.output(job, "o") / "copied").resolve().parents


def test_the_default_place_is_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_LOCAL_STATE", str(tmp_path / "named"))
    assert activate().workspace.state == tmp_path / "named"
    monkeypatch.delenv("AZUREML_LOCAL_STATE")
    monkeypatch.chdir(tmp_path)
    assert activate().workspace.state == tmp_path / ".azureml-local"


def ask_for_compute(workspace, method):
    body = {"location": "eastus", "properties": {"computeType": "AmlCompute", "properties": {"vmSize": "S"}}}
    url = f"https://management.azure.com{workspace.names.arm}/computes/kept"
    return (
        Service(workspace)
        .handle(Request(method, url, {}, json.dumps(body).encode() if method == "PUT" else b""))
        .status
    )


def test_state_outlives_the_process_until_it_is_reset(tmp_path):
    workspace = Workspace(tmp_path / "state")
    assert ask_for_compute(workspace, "PUT") == 201
    assert ask_for_compute(Workspace(tmp_path / "state"), "GET") == 200
    (tmp_path / "state" / "runs" / "job").mkdir(parents=True)
    (tmp_path / "state" / "somebody's").mkdir()
    (tmp_path / "state" / "emptied" / "left by a reset that was cut short").mkdir(parents=True)
    workspace.reset()
    assert ask_for_compute(workspace, "GET") == 404
    assert not (tmp_path / "state" / "runs").exists()
    eventually(lambda: not (tmp_path / "state" / "emptied").exists())
    assert (tmp_path / "state" / "somebody's").exists()


def test_a_reset_removes_all_that_a_workspace_keeps_and_nothing_beside_it(tmp_path):
    bench = Workbench(tmp_path / "state")
    bench.folder = tmp_path
    bench.set_up()
    assert bench.run({"step": {"component": bench.component("true")}}).status == "Completed"
    beside = sorted(path.name for path in tmp_path.iterdir())
    bench.workspace.reset()
    eventually(lambda: not (tmp_path / "state" / "emptied").exists())
    new = {f"workspace.db{ending}" for ending in ("", "-wal", "-shm", "-turn")}
    assert {path.name for path in (tmp_path / "state").iterdir()} <= new
    assert sorted(path.name for path in tmp_path.iterdir()) == beside


def request_endpoint(workspace, method):
    body = {"location": "eastus", "properties": {"description": "kept", "authMode": "aadToken"}}
    url = f"https://management.azure.com{workspace.names.arm}/batchEndpoints/kept"
    request = Request(method, url, {}, json.dumps(body).encode() if method == "PUT" else b"")
    return Service(workspace).handle(request)


def test_a_state_of_format_1_is_converted(tmp_path):
    workspace = Workspace(tmp_path)
    assert request_endpoint(workspace, "PUT").status == 201
    workspace.store.close()
    with closing(sqlite3.connect(tmp_path / "workspace.db")) as database:
        assert database.execute("""UPDATE resource SET body = replace(body, '"requested":', '"asked":')""").rowcount > 0
        database.execute("PRAGMA user_version = 1")
        database.commit()
    for _ in range(2):
        response = request_endpoint(Workspace(tmp_path), "GET")
        assert response.status == 200
        assert json.loads(response.body)["properties"]["description"] == "kept"


def made_by_another_version(folder):
    with closing(sqlite3.connect(folder / "workspace.db")) as database:
        database.execute("PRAGMA user_version = 7")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda folder: (folder / "workspace.db").write_text("no database" * 9), "file is not a database"),
        (made_by_another_version, "has format 7, and 2 is needed"),
        (lambda folder: (folder / "workspace.db").mkdir(), "unable to open database file"),
    ],
)
def test_a_state_that_is_not_ours_is_refused_and_left_alone(tmp_path, made, words):
    made(tmp_path)
    before = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    with pytest.raises(Unusable, match=f"workspace.db .*{words}.*AZUREML_LOCAL_STATE"):
        Workspace(tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()] == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "state").touch()
    with pytest.raises(Unusable, match=r"state cannot be made \(File exists\); name another"):
        Workspace(tmp_path / "state")


UPLOAD_WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from emulator.wire.http import Request
from emulator.service import Service
from emulator.state.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
url = f"https://{workspace.names.storage_host}/box/blob"
def put(size):
    answer = Service(workspace).handle(Request("PUT", url, {"x-ms-blob-type": "BlockBlob"}, b"x" * size))
    return answer.status, answer.body.decode()
print(put(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
print(put(1_000_000))
print(Service(workspace).handle(Request("GET", url)).body)
"""


def test_a_full_disk_is_one_answer_that_is_not_repeated_and_what_was_there_stays(tmp_path):
    command = [sys.executable, "-c", UPLOAD_WITHOUT_ROOM, str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0] == "(201, '')"
    assert told[1].startswith("(507,")
    assert "The state in" in told[1]
    assert "File too large" in told[1]
    assert told[2] == repr(b"x" * 10)


def job_document(name, status):
    return {"name": name, "kind": "Pipeline", "root": name, "status": status, "created": 0.0, "error": None}


@pytest.mark.parametrize(
    ("recorded", "seen"), [("Running", "Failed"), ("CancelRequested", "Canceled"), ("Completed", "Completed")]
)
def test_a_job_that_nobody_answers_for_is_over(tmp_path, recorded, seen):
    from emulator.jobs.observation import with_current_status

    workspace = Workspace(tmp_path)
    workspace.store.put("jobs/lost", job_document("lost", recorded))
    assert with_current_status(workspace, workspace.store.get("jobs/lost"))["status"] == seen
    with job_lock(workspace.state, "lost"):
        assert with_current_status(workspace, workspace.store.get("jobs/lost"))["status"] == recorded
