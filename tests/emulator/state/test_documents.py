"""The store of documents: its format, files that are not a store, a full disk, writers in several processes."""

import gc
import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from helpers import REPOSITORY, start_python, wait_for_exit

from emulator.service import Service
from emulator.state.workspace import Workspace
from emulator.wire.errors import Unusable
from emulator.wire.http import Request


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


UPLOAD_WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from emulator.wire.http import Request
from emulator.service import Service
from emulator.state.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
url = f"https://{workspace.names.storage_host}/box/blob"
def put(size):
    response = Service(workspace).handle(Request("PUT", url, {"x-ms-blob-type": "BlockBlob"}, b"x" * size))
    return response.status, response.body.decode()
print(put(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
print(put(1_000_000))
print(Service(workspace).handle(Request("GET", url)).body)
"""


def test_a_full_disk_is_one_answer_that_is_not_repeated_and_what_was_there_stays(tmp_path):
    command = [sys.executable, "-c", UPLOAD_WITHOUT_ROOM, str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0] == "(201, '')"
    assert lines[1].startswith("(507,")
    assert "The state in" in lines[1]
    assert "File too large" in lines[1]
    assert lines[2] == repr(b"x" * 10)


def test_a_database_that_is_none_is_said_to_be_none(tmp_path):
    workspace = Workspace(tmp_path / "state")
    workspace.store.close()
    place = Path(workspace.state) / "workspace.db"
    place.write_bytes(b"garbage" * 1000)
    for other in place.parent.glob("workspace.db-*"):
        other.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.show_status", "--problem", "heart-disease"],
        env={"PATH": os.environ["PATH"], "AZUREML_LOCAL_STATE": str(tmp_path / "state")},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "InsufficientStorage" not in done.stderr
    assert "workspace.db" in done.stderr


COUNT = """
    import sys
    from pathlib import Path
    from emulator.state.workspace import Workspace

    store = Workspace(Path(sys.argv[1])).store
    for _ in range(100):
        with store.transaction():
            found = store.get("counters/x") or {"n": 0}
            store.put("counters/x", {"n": found["n"] + 1})
"""


@pytest.mark.slow
def test_writers_in_several_processes_lose_nothing(bench):
    writers = [start_python(COUNT, bench.state) for _ in range(4)]
    assert [wait_for_exit(writer)[0] for writer in writers] == [0] * 4
    assert bench.workspace.store.get("counters/x") == {"n": 400}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files")
def test_a_thread_that_has_ended_leaves_no_open_file(tmp_path):
    workspace = Workspace(tmp_path)
    assert request_endpoint(workspace, "PUT").status == 201

    def own():
        gc.collect()
        files = [os.readlink(file) for file in Path("/proc/self/fd").iterdir() if os.path.lexists(file)]
        # SQLite keeps the numbers of closed databases for the next that is opened.
        return sorted(file for file in files if file.startswith(str(tmp_path)) and not file.endswith(".db"))

    before = own()
    for _ in range(20):
        thread = threading.Thread(target=request_endpoint, args=(workspace, "PUT"))
        thread.start()
        thread.join()
    assert own() == before
