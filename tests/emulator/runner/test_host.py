"""The process from which runners are forked: one for all jobs of a workspace, replaced when it is gone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import pytest
from helpers import REPOSITORY, is_running, wait_until
from workbench import Workbench

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def parent(process):
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(process)], capture_output=True, check=True).stdout)


def running(bench, name):
    """Submit a job that runs until its gate is opened; return it, the gate and the process its runner came from."""
    mark, gate = bench.folder / f"{name}.mark", bench.folder / f"{name}.gate"
    command = f"echo $PPID > {mark}; while [ ! -e {gate} ]; do sleep 0.02; done"
    job = bench.submit({name: {"component": bench.component(command)}})
    wait_until(lambda: mark.exists() and mark.read_text().strip())
    return job, gate, parent(int(mark.read_text()))


def test_more_jobs_than_cores_run_at_once_if_they_take_long_and_one_process_forks_them_all(own):
    with ThreadPoolExecutor(CORES + 1) as pool:
        started = list(pool.map(lambda number: running(own, f"step{number}"), range(CORES + 1)))
    for _, gate, _ in started:
        gate.touch()
    assert {own.finished(job.name).status for job, _, _ in started} == {"Completed"}
    assert len({host for _, _, host in started}) == 1


def test_a_burst_of_short_jobs_is_started_as_the_cores_take_it(own):
    diary = own.folder / "diary"
    command = f"echo + >> {diary}; sleep 0.1; echo - >> {diary}; true"
    components = [own.component(f"{command} {number}") for number in range(CORES * 3)]
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda component: own.submit({"step": {"component": component}}), components))
    assert {own.finished(job.name).status for job in jobs} == {"Completed"}
    changes = [1 if line == "+" else -1 for line in diary.read_text().split()]
    assert len(changes) == CORES * 3 * 2
    # On a loaded machine one may take so long that the next is started beside it.
    assert max(accumulate(changes)) <= CORES * 2


def test_when_it_is_killed_jobs_go_on_and_the_next_gets_another(own):
    job, gate, host = running(own, "early")
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: not is_running(host))
    assert own.client.jobs.get(job.name).status == "Running"
    later, later_gate, other = running(own, "late")
    assert other != host
    gate.touch()
    later_gate.touch()
    assert own.finished(job.name).status == own.finished(later.name).status == "Completed"


def test_a_job_that_was_not_forked_yet_when_it_was_killed_has_failed(own):
    _, gate, host = running(own, "early")
    gate.touch()
    os.kill(host, signal.SIGSTOP)
    job = own.submit({"never": {"component": own.component("true")}})
    assert own.client.jobs.get(job.name).status == "Preparing"
    os.kill(host, signal.SIGKILL)
    assert own.finished(job.name).status == "Failed"


def test_a_state_folder_with_a_long_path_will_do(tmp_path):
    bench = Workbench(tmp_path / ("long" * 20) / ("longer" * 20) / "state")
    bench.folder = tmp_path
    bench.set_up()
    assert bench.run({"step": {"component": bench.component("true")}}).status == "Completed"


SERVE_BRIEFLY = """
import sys
from emulator.runner import host
host._IDLE_SECONDS = 0.3
host.main(sys.argv[1], "address")
"""


def test_it_drops_a_broken_order_and_ends_when_nothing_comes(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        address = tmp_path / "address"
        listener.bind(os.path.relpath(address))
        listener.listen()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.path.relpath(address))
            connection.send(b'{"state": ')
        host = subprocess.run(
            [sys.executable, "-c", SERVE_BRIEFLY, str(listener.fileno())],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            pass_fds=(listener.fileno(),),
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert host.returncode == 0
    assert "JSONDecodeError" in host.stderr
    assert not address.exists()


SERVE_WAITERS = """
import os, sys, time
from emulator.runner import host

def wait_for_the_gate(state, job, names):
    open(job, "w").close()
    ending = time.monotonic() + 30
    while not os.path.exists("gate") and time.monotonic() < ending:
        time.sleep(0.02)

host.run_job = wait_for_the_gate
host._IDLE_SECONDS, host._STARTING_SECONDS, host._PENDING = 0.5, 1000, int(sys.argv[2])
host.main(sys.argv[1], "address")
"""


@pytest.mark.parametrize(("may_wait", "begun"), [(3, CORES), (1, CORES + 2)])
def test_no_more_orders_wait_than_it_can_hold_and_none_is_lost(tmp_path, monkeypatch, may_wait, begun):
    monkeypatch.chdir(tmp_path)
    orders = [f"job-{number}" for number in range(CORES + 3)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with socket.socket(socket.AF_UNIX) as listener, Path("log").open("w") as log:
        listener.bind("address")
        listener.listen()
        command = [sys.executable, "-c", SERVE_WAITERS, str(listener.fileno()), str(may_wait)]
        host = subprocess.Popen(command, env=environment, pass_fds=(listener.fileno(),), stderr=log)
        for job in orders:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect("address")
                order = {"state": ".", "job": job, "names": "{}", "environment": environment}
                socket.send_fds(connection, [json.dumps(order).encode()], [log.fileno(), log.fileno()])
        wait_until(lambda: len(list(Path().glob("job-*"))) >= begun)
        time.sleep(0.3)
        assert len(list(Path().glob("job-*"))) == begun, "more were begun than may be"
        Path("gate").touch()
        assert host.wait(timeout=30) == 0
    wait_until(lambda: {path.name for path in Path().glob("job-*")} == set(orders))
    assert Path("log").read_text() == ""


def test_what_runs_jobs_gives_way_to_who_asks_for_them(own):
    niceness = own.folder / "niceness"
    assert own.run({"step": {"component": own.component(f"nice > {niceness}")}}).status == "Completed"
    assert int(niceness.read_text()) == min(os.nice(0) + 10, 19)
