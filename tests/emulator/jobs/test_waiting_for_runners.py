"""Waiting until a workspace's folder can be copied."""

import shutil
import threading

from helpers import wait_until

from emulator.__main__ import main
from emulator.jobs.waiting import wait_for_runners
from emulator.state.workspace import Workspace

# A step that removes its files for a while after it was told to stop, as programs do that tidy up.
STUBBORN = """trap 'for file in {place}/*; do rm "$file"; sleep 0.02; done; exit 1' TERM
touch {mark}; while true; do sleep 0.05; done"""


def stubborn(bench):
    """Submit such a job; return it, its files and the folder of the state."""
    place, mark = bench.state / "tidied", bench.folder / "stubborn.mark"
    place.mkdir(exist_ok=True)
    for number in range(40):
        (place / str(number)).touch()
    job = bench.submit({"step": {"component": bench.component(STUBBORN.format(place=place, mark=mark))}})
    wait_until(mark.exists)
    return job, place


def test_a_folder_can_be_copied_once_a_canceled_job_has_tidied_up(own, tmp_path):
    job, place = stubborn(own)
    own.client.jobs.begin_cancel(job.name)
    assert wait_for_runners(Workspace(own.state), 30) == []
    assert not list(place.iterdir())
    shutil.copytree(own.state, tmp_path / "copy", symlinks=True)
    assert Workspace(tmp_path / "copy").store.get(f"jobs/{job.name}")["status"] == "Canceled"


def test_a_job_that_runs_on_is_named_when_the_time_is_up(own, capsys):
    job, _ = stubborn(own)
    assert main(["wait", "--state", str(own.state), "--seconds", "0"]) == 1
    assert capsys.readouterr().err == f"Error: still running after 0 s: {job.name}.\n"
    threading.Timer(0.3, own.client.jobs.begin_cancel, [job.name]).start()
    assert main(["wait", "--state", str(own.state)]) == 0


def test_where_there_is_no_workspace_none_is_made(tmp_path):
    assert main(["wait", "--state", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()
