"""The status of a job whose runner is gone."""

import signal

import pytest
from helpers import start_python, wait_for_exit

from emulator.jobs.observation import job_lock, with_current_status
from emulator.state.workspace import Workspace


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


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", "was killed"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'a'\n", "failed (KeyError: 'a')"),
        ("OSError: [Errno 28] No space left on device\nTraceback (most\n  resul", "had no space left on the disk of"),
        ("sqlite3.OperationalError: database or disk is full\n", "had no space left on the disk of"),
    ],
)
def test_a_job_says_how_its_runner_ended(tmp_path, log, words):
    workspace = Workspace(tmp_path)
    workspace.store.put("jobs/lost", job_document("lost", "Running"))
    with job_lock(workspace.state, "lost"):
        (workspace.state / "runs" / "lost" / "runner.log").write_text(log)
    error = with_current_status(workspace, workspace.store.get("jobs/lost"))["error"]
    assert words in error["message"]


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


@pytest.mark.slow
def test_a_job_recorded_but_never_started_has_failed(tmp_path):
    assert wait_for_exit(start_python(DIE_BETWEEN, tmp_path))[0] == -signal.SIGKILL
    workspace = Workspace(tmp_path)
    assert with_current_status(workspace, workspace.store.get("jobs/stillborn"))["status"] == "Failed"
