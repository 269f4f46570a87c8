"""A command that may wait no longer leaves its jobs running; the next one joins them, and nothing is paid for twice."""

import time

import pytest
from azure.ai.ml import command
from release_line import ended

from scripts.lib.errors import StillRunning
from scripts.lib.workspace import jobs
from scripts.lib.workspace.live_jobs import recent_jobs
from scripts.lib.workspace.wait_limit import left_running, limited_wait

LIMIT = ("--wait-at-most", "0.005")


def until_done(line, *command, **variables):
    """Run a command again until it ends otherwise than with exit code 9; return its end, and how many times it ran."""
    for times in range(1, 60):
        done = ended(line.start(*command, *LIMIT, **variables))
        if done.code != 9:
            return done, times
        assert "these jobs go on" in done.story
        assert "canceling" not in done.story
        time.sleep(0.2)
    raise AssertionError(done.story)


@pytest.mark.slow
def test_an_evaluation_in_many_short_waits_starts_each_job_once(small_line, tmp_path):
    line = small_line
    asset = line.run("setup_workspace", "--work", str(tmp_path / "data")).result["data_asset"]
    name = line.run("deploy_candidate", "--variant", "ordinal").result["deployment"]
    judge = ("--deployment", name, "--data-asset", asset, "--output", str(tmp_path / "out"))
    done, times = until_done(line, "evaluate_candidate", *judge)
    assert done.code == 0, done.story
    assert times > 2
    started = [job.display_name or job.name for job in recent_jobs(line.client())]
    assert len(started) == 5, "one split, two folds, all rows, one scoring"


@pytest.mark.slow
def test_a_job_that_was_joined_while_it_ran_is_not_taken_over_once_it_has_ended(small_line, tmp_path):
    small_line.run("setup_workspace", "--work", str(tmp_path / "data"))
    client, go = small_line.client(), tmp_path / "go"

    def started():
        waits = f"until [ -e {go} ]; do sleep 0.05; done"
        wanted = command(command=waits, environment="training@latest", compute="batch-cluster")
        return jobs.submit_or_join(client, wanted, "test", "the same work")

    first = started()
    with limited_wait(0), pytest.raises(StillRunning):
        jobs.wait(client, {"job": first})
    assert left_running(client) == {first}
    assert started() == first
    assert left_running(client) == {first}
    go.touch()
    assert jobs.wait(client, {"job": first}) == {"job": "Completed"}
    assert not left_running(client)
    assert started() != first


@pytest.mark.slow
def test_the_second_net_spares_what_was_left_on_purpose(small_line, tmp_path):
    line = small_line
    asset = line.run("setup_workspace", "--work", str(tmp_path / "data")).result["data_asset"]
    start = ("run_pipeline", "--variant", "ordinal", "--data-asset", asset)
    assert ended(line.start(*start, "--wait-at-most", "0", GITHUB_RUN_ID="77")).code == 9
    spared = line.run("cancel_jobs", "--run-id", "77").result
    assert list(spared["jobs"].values()) == ["left on purpose; the next run joins it"]
    done, _ = until_done(line, *start, GITHUB_RUN_ID="77")
    assert done.code == 0, done.story
    assert done.result["job"] in spared["jobs"]
    again = line.process(*start).result["job"]
    assert again not in spared["jobs"], "what was taken over once is not taken over again"
