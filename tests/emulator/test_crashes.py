"""Kill what runs, at bad moments: nothing hangs, nothing is half done, a rerun ends right."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from azure.ai.ml.entities import Data
from test_job_life import eventually, is_running

from emulator.jobs.observation import with_current_status
from emulator.state.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def python(code, *arguments):
    """Start a process that runs ``code``."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Wait for a process; return its status and what it said."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def test_a_killed_runner_means_a_failed_job_and_no_orphans(bench):
    mark = bench.folder / "mark"
    command = f"[ -e {mark} ] || {{ sleep 300 & echo $! $$ $PPID > {mark}; wait; }}"
    steps = {"long": {"component": bench.component(command)}}
    job = bench.submit(steps)
    eventually(lambda: mark.exists() and len(mark.read_text().split()) == 3)
    sleeper, shell, runner = map(int, mark.read_text().split())
    started = time.monotonic()
    os.kill(runner, signal.SIGKILL)
    assert bench.finished(job.name).status == "Failed"
    assert time.monotonic() - started < 5
    assert not is_running(sleeper)
    assert not is_running(shell)
    assert bench.children(job)["long"].status == "Failed"
    with pytest.raises(Exception, match="was killed"):
        bench.client.jobs.stream(job.name)
    again = bench.run(steps)
    assert again.status == "Completed"
    assert "azureml.isreused" not in bench.children(again)["long"].properties


SUBMIT = """
    import os, signal, sys
    from pathlib import Path
    from azure.ai.ml import MLClient, load_job
    from emulator.client import activate

    e = activate(Path(sys.argv[1]))
    client = MLClient(e.credential, e.names.subscription, e.names.group, e.names.workspace, enable_telemetry=False)
    print(client.jobs.create_or_update(load_job(sys.argv[2])).name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_outlives_the_client_that_submitted_it(bench):
    content = {
        "type": "command",
        "compute": "azureml:cluster",
        "environment": "azureml:plain-env:1",
        "command": "sleep 0.5; echo done",
    }
    status, said = ended(python(SUBMIT, bench.state, bench.write("job.yml", content)))
    assert status == -signal.SIGKILL, said
    job = bench.finished(said.split()[0])
    assert job.status == "Completed"
    assert bench.log(job) == "done\n"


UPLOAD = """
    import os, signal, sys
    from pathlib import Path
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Data
    from emulator import client as way
    from emulator.state.blobs import BlobStore

    written = [0]
    write = BlobStore._write_atomically

    def write_and_die(self, path, content):
        written[0] += 1
        if written[0] == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, path, content)

    BlobStore._write_atomically = write_and_die
    e = way.activate(Path(sys.argv[1]))
    client = MLClient(e.credential, e.names.subscription, e.names.group, e.names.workspace, enable_telemetry=False)
    client.data.create_or_update(Data(name="crash", version="1", type="uri_folder", path=sys.argv[2]))
"""


@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_an_upload_that_was_cut_short_is_completed_by_the_next(bench, client, dies_at):
    """The content is of this test alone, because uploads are found again by their content."""
    folder = bench.folder / f"cut-short-{dies_at}"
    folder.mkdir()
    files = {"rows.csv": f"{dies_at}\n" * 100}
    for name, text in files.items():
        (folder / name).write_text(text)
    status, said = ended(python(UPLOAD, bench.state, folder, dies_at))
    assert status == -signal.SIGKILL, said
    name = f"crash-{dies_at}"
    asset = client.data.create_or_update(Data(name=name, version="1", type="uri_folder", path=str(folder)))
    place = bench.workspace.blobs.path(
        bench.workspace.names.default_container, asset.path.partition("/paths/")[2].strip("/")
    )
    assert {file.name: file.read_text() for file in place.iterdir()} == files


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


def test_writers_in_several_processes_lose_nothing(bench):
    writers = [python(COUNT, bench.state) for _ in range(4)]
    assert [ended(writer)[0] for writer in writers] == [0] * 4
    assert bench.workspace.store.get("counters/x") == {"n": 400}


REGISTER = """
    import json, sys
    from pathlib import Path
    from emulator.state.workspace import Workspace
    from emulator.state.versions import record_version

    workspace = Workspace(Path(sys.argv[1]))
    for number in range(20):
        properties = {"dataUri": sys.argv[2] + str(number), "dataType": "uri_folder"}
        record_version(workspace.store, "data", "contested", None, properties, {})
"""


def test_versions_counted_by_several_processes_are_all_there(bench):
    writers = [python(REGISTER, bench.state, number) for number in range(3)]
    assert [ended(writer)[0] for writer in writers] == [0] * 3
    versions = {name for name, _ in bench.workspace.store.documents("data/contested/versions")}
    assert versions == {str(number) for number in range(1, 61)}


DIE_BETWEEN = """
    import os, signal, sys
    from pathlib import Path
    from emulator.jobs.observation import job_lock
    from emulator.state.workspace import Workspace

    workspace = Workspace(Path(sys.argv[1]))
    with job_lock(workspace.state, "stillborn"):
        document = {"name": "stillborn", "kind": "Pipeline", "root": "stillborn", "status": "Preparing", "error": None}
        workspace.store.put("jobs/stillborn", document)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_recorded_but_never_started_has_failed(tmp_path):
    assert ended(python(DIE_BETWEEN, tmp_path))[0] == -signal.SIGKILL
    workspace = Workspace(tmp_path)
    assert with_current_status(workspace, workspace.store.get("jobs/stillborn"))["status"] == "Failed"
