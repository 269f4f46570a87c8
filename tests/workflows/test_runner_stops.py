"""The runner ends steps as actions/runner does: signals to the entry process alone, then the tree is killed."""

import time

import pytest
from runner import Watcher
from runner.process import SIGINT_SECONDS
from test_runner import workflow

PYTHON = """
import os, signal, sys, time
def stop(number, frame):
    # The signal may come while print writes, and print cannot be called again then.
    os.write(1, b"told to stop by " + signal.Signals(number).name.encode() + b"\\n")
    time.sleep(0.3)
    sys.exit(128 + number)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("at work", flush=True)
time.sleep(60)
print("never")
"""
CANCEL = Watcher("j", "at work", lambda job: job.run.cancel())


def an_hour_passes(job):
    """Let the job be older than it may be, once its program is at work, however long that took to start."""
    job.begun -= 60 * job.run.service.minute


def stopped(github, steps, **options):
    jobs = "j:\n  runs-on: x\n  timeout-minutes: 2\n  steps:\n    - {uses: actions/checkout@0 }\n" + steps
    return github(workflow(jobs) | {"work.py": PYTHON}, **options).run("w.yml", "push")


def test_a_program_behind_bash_hears_nothing_and_is_killed(github):
    done = stopped(github, "    - {name: s, run: python3 work.py}\n", watchers=[CANCEL])
    assert done.conclusion == "cancelled"
    assert "told to stop" not in done.log
    # Bash waits for its child through SIGINT and dies of SIGTERM; the child is left to the end of the job.
    assert 7.5 < done.jobs["j"].stop_seconds["s"] < 10
    assert done.jobs["j"].orphans == 1


def test_a_program_in_the_place_of_bash_hears_it_at_once(github):
    done = stopped(github, "    - {name: s, run: exec python3 work.py}\n", watchers=[CANCEL])
    assert done.conclusion == "cancelled"
    assert "told to stop by SIGINT" in done.log
    assert "never" not in done.log
    assert done.jobs["j"].exit_codes == {"s": 130}
    assert done.jobs["j"].stop_seconds["s"] < SIGINT_SECONDS, "before the second signal"
    assert done.jobs["j"].orphans == 0


def test_what_ignores_both_signals_is_killed_with_its_tree(github):
    steps = "    - {name: s, run: 'trap \"\" INT TERM; sleep 60 & echo at work; while true; do sleep 1; done'}\n"
    begun = time.monotonic()
    done = stopped(github, steps, watchers=[CANCEL])
    assert time.monotonic() - begun < 20
    assert done.jobs["j"].stop_seconds["s"] >= 10
    assert done.jobs["j"].exit_codes == {"s": -9}


def test_time_is_up(github):
    steps = """
    - {name: s, run: exec python3 work.py}
    - {name: not any more, run: echo}
    - {name: cleans, if: always(), run: echo cleaned}
"""
    done = stopped(github, steps, watchers=[Watcher("j", "at work", an_hour_passes)])
    assert "told to stop by SIGINT" in done.log
    assert done.conclusion == "cancelled"
    assert done.jobs["j"].exit_codes == {"s": 130, "cleans": 0}


def test_time_of_a_step_is_up(github):
    """The shell itself waits, as it is at work at once; its step has four seconds, the job more than a minute."""
    waits = 'trap "exit 130" INT; while true; do sleep 0.1; done'
    steps = f"    - {{name: s, timeout-minutes: 0.1, run: '{waits}'}}\n    - {{if: failure(), name: told, run: echo}}\n"
    done = stopped(github, steps, minute=40)
    assert done.conclusion == "failure"
    assert done.jobs["j"].exit_codes == {"s": 130, "told": 0}


@pytest.mark.parametrize(("when", "code"), [("always()", 0), ("cancelled()", 0), ("failure()", None), (None, None)])
def test_what_still_runs_in_a_cancelled_job(github, when, code):
    steps = "    - {name: s, run: exec python3 work.py}\n    - {name: after, run: echo%s}\n"
    done = stopped(github, steps % (f", if: {when}" if when else ""), watchers=[CANCEL])
    assert done.jobs["j"].exit_codes.get("after") == code


def test_a_step_that_always_runs_is_not_stopped(github):
    steps = "    - {name: s, if: always(), run: 'echo at work; sleep 1; echo finished'}\n"
    done = stopped(github, steps, watchers=[CANCEL])
    assert done.jobs["j"].exit_codes == {"s": 0}
    assert "finished" in done.log


def test_jobs_of_a_cancelled_run(github):
    jobs = """
        j: {runs-on: x, steps: [{uses: actions/checkout@0 }, {run: exec python3 work.py}]}
        next: {needs: j, runs-on: x, steps: [{run: echo}]}
        beside: {runs-on: x, steps: [{run: echo}]}
        last: {needs: [j, next], if: always(), runs-on: x, steps: [{run: 'echo told >> $GITHUB_STEP_SUMMARY'}]}
        told: {needs: j, if: cancelled(), runs-on: x, steps: [{run: echo}]}
        broken: {needs: j, if: failure(), runs-on: x, steps: [{run: echo}]}
    """
    done = github(workflow(jobs) | {"work.py": PYTHON}, watchers=[CANCEL]).run("w.yml", "push")
    results = {path: job.result for path, job in done.jobs.items()}
    assert results.pop("beside") in ("skipped", "cancelled")
    assert results == {
        "j": "cancelled", "next": "skipped", "last": "success", "told": "success", "broken": "skipped",
    }  # fmt: skip
    assert done.conclusion == "cancelled"
    assert done.jobs["last"].summary == "told\n", "its steps run as in any other job"
