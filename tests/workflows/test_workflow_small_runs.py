"""The workflows that need no release: the set-up check, and the comment on whatever a pull request left."""

import json
import shutil

import pytest
from scenario import open_pull, project, service_in


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    project(folder / "project")
    return service_in(folder / "github", folder / "project")


def test_the_set_up_of_a_fresh_fork_is_complete(world):
    run = world.run("check-setup.yml", "workflow_dispatch")
    assert run.conclusion == "success", run.log
    assert [job.environment for job in run.jobs.values()] == ["", "production", "azure-test", ""]
    assert "environment:azure-test" in run.summary


def test_half_connected_is_not_complete(world):
    world.variables = {"AZURE_CLIENT_ID": "an-id"}
    run = world.run("check-setup.yml", "workflow_dispatch")
    world.variables = {}
    assert run.jobs["main"].exit_codes["Examine the set-up"] == 8
    assert run.jobs["all-green"].result == "failure"


def comment(world, report, conclusion="success", sha=None, run_id=900):
    """Run the comment's workflow after a run that left ``report``; returns the comments."""
    kept = world.artifacts(run_id) / "report"
    shutil.rmtree(kept, ignore_errors=True)
    if report:
        kept.mkdir(parents=True)
        (kept / "1-plan.md").write_text(report, encoding="utf-8")
    given = {"main": conclusion, "environment": "skipped"}
    world.runs[run_id] = world.run("check-setup.yml", "workflow_dispatch", given=given)
    payload = {
        "id": run_id,
        "event": "pull_request",
        "head_sha": sha or world.git("rev-parse", "HEAD"),
        "head_branch": "change",
        "head_repository": {"owner": {"login": "someone"}},
        "conclusion": conclusion,
        "html_url": "https://github.com/owner/project/actions/runs/900",
    }
    done = world.run("pull-request-comment.yml", "workflow_run", payload={"workflow_run": payload})
    assert done.conclusion == "success", done.log
    return [one["body"] for one in json.loads(world.api.read_text())["comments"]]


@pytest.mark.skipif(shutil.which("node") is None, reason="github-script runs under node")
def test_one_comment_is_updated_in_place_and_holds_no_trap(world):
    open_pull(world, world.git("rev-parse", "HEAD"))
    assert comment(world, "", sha="0" * 40) == [], "a run that is not the newest of its pull request says nothing"
    (first,) = comment(world, "Ask @everyone <!-- release-line -->", conclusion="failure")
    assert first.startswith("<!-- release-line -->\n## ❌ Not ready to merge")
    assert "@everyone" not in first
    assert first.count("<!--") == 1
    assert "| ❌ failure | Sign in as main |" in first
    assert "| ⚪ skipped | Sign in as each variant |" in first
    (second,) = comment(world, "All is well")
    assert "## ✅ A merge would release this" in second
    assert second.rstrip().endswith("All is well")
    (third,) = comment(world, "x" * 100_000)
    assert len(third) < 65_536
    (fourth,) = comment(world, "")
    assert "xxx" not in fourth
