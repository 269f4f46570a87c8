"""Processes of steps: cancellation, processes that a step leaves, a runner or a client that is killed."""

import os
import signal
import time

import pytest
from helpers import FOLDER, is_running, start_python, wait_for_exit, wait_until


def test_cancel_ends_the_steps_and_all_they_started(bench, client):
    marks = bench.folder / "marks"
    command = f"sleep 300 & echo $! > {marks}; echo $$ >> {marks}; wait"
    later = {
        "component": bench.component("ls ${{inputs.d}}", {"d": FOLDER}),
        "inputs": {"d": "${{parent.jobs.long.outputs.out}}"},
    }
    job = bench.submit({"long": {"component": bench.component(command, {}, {"out": "uri_folder"})}, "later": later})
    wait_until(lambda: marks.exists() and len(marks.read_text().split()) == 2)
    processes = [int(text) for text in marks.read_text().split()]
    assert all(is_running(process) for process in processes)
    client.jobs.begin_cancel(job.name).result()
    assert bench.finished(job.name).status == "Canceled"
    assert {name: child.status for name, child in bench.children(job).items()} == {"long": "Canceled"}
    wait_until(lambda: not any(is_running(process) for process in processes))


@pytest.mark.slow
def test_cancel_ends_a_step_that_does_not_listen(bench, client):
    mark = bench.folder / "mark"
    job = bench.submit(
        {"deaf": {"component": bench.component(f"trap '' TERM; echo $$ > {mark}; while true; do sleep 1; done")}}
    )
    wait_until(lambda: mark.exists() and mark.read_text().strip())
    client.jobs.begin_cancel(job.name)
    assert bench.finished(job.name).status == "Canceled"
    wait_until(lambda: not is_running(int(mark.read_text())))


def test_what_a_step_leaves_running_ends_with_it(bench):
    mark = bench.folder / "mark"
    job = bench.run({"careless": {"component": bench.component(f"sleep 300 & echo $! > {mark}")}})
    assert job.status == "Completed"
    wait_until(lambda: not is_running(int(mark.read_text())))


@pytest.mark.slow
def test_a_killed_runner_means_a_failed_job_and_no_orphans(bench):
    mark = bench.folder / "mark"
    command = f"[ -e {mark} ] || {{ sleep 300 & echo $! $$ $PPID > {mark}; wait; }}"
    steps = {"long": {"component": bench.component(command)}}
    job = bench.submit(steps)
    wait_until(lambda: mark.exists() and len(mark.read_text().split()) == 3)
    sleeper, shell, runner = map(int, mark.read_text().split())
    started = time.monotonic()
    os.kill(runner, signal.SIGKILL)
    assert bench.finished(job.name).status == "Failed"
    assert time.monotonic() - started < 20, "the step sleeps for 300 s"
    wait_until(lambda: not is_running(sleeper) and not is_running(shell), 5)
    assert bench.children(job)["long"].status == "Failed"
    with pytest.raises(Exception, match="was killed"):
        bench.client.jobs.stream(job.name)
    again = bench.run(steps)
    assert again.status == "Completed"
    assert "azureml.isreused" not in bench.children(again)["long"].properties


SUBMIT = """
    import os, signal, sys
    from pathlib import Path
    from azure.ai.ml import load_job
    from emulator.client import activate
    from helpers import make_client

    client = make_client(activate(Path(sys.argv[1])))
    print(client.jobs.create_or_update(load_job(sys.argv[2])).name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_job_outlives_the_client_that_submitted_it(bench):
    content = {
        "type": "command",
        "compute": "azureml:cluster",
        "environment": "azureml:plain-env:1",
        "command": "sleep 0.5; echo done",
    }
    status, output = wait_for_exit(start_python(SUBMIT, bench.state, bench.write("job.yml", content)))
    assert status == -signal.SIGKILL, output
    job = bench.finished(output.split()[0])
    assert job.status == "Completed"
    assert bench.log(job) == "done\n"
