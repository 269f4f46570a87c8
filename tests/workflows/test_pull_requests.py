"""Real-life events on pull requests: what is rehearsed, and what the one comment says."""

import shutil

import pytest
from events import happened, headline
from scenario import ROOT, add_onehot, assert_as_expected, comment_on, edit, pull_request
from test_events import bad_rows, new_data, worse_model
from worlds import default, released, shared, world  # noqa: F401

from tests.small_problem import PROBLEM, SAMPLE, TRAINING

pytestmark = pytest.mark.slow
PASSED = "Pull request: Tests, Rehearsal; Comment"


def test_one_that_is_fine_then_in_the_merge_queue(world):  # noqa: F811
    service, repository = world
    before = default(service)
    sha = add_onehot(repository)
    run, comments = pull_request(service, sha)
    assert run.conclusion == "success", run.log
    kept = service.artifacts(int(run.github["run_id"]))
    assert list(kept.glob("rehearsal/**/evidence.json"))
    assert list(kept.glob("rehearsal/**/data_docs/index.html"))
    assert list(kept.glob("rehearsed-workspace/**/MLmodel"))
    assert len(comments) == 1
    assert_as_expected("pull-request-pass-comment.md", comments[0])
    happened("pull request, declared variant changed", PASSED, before, default(service), headline(comments))

    queued = service.run("pull-request.yml", "merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7", commit=sha,
                         given={"tests": "success", "rehearsal": "success"})  # fmt: skip
    assert queued.conclusion == "success", queued.log
    assert queued.jobs["green"].name == "Pull request is green"
    assert len(comment_on(service, queued)) == 1
    happened("merge queue", "Pull request: Tests, Rehearsal", before, default(service), "no comment")


def test_docs_alone_run_the_tests_that_they_can_affect(world, tmp_path):  # noqa: F811
    service, repository = world
    # What mypy found in the same files here it need not find again, a file at a time.
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", tmp_path / "mypy")
        service.machine["MYPY_CACHE_DIR"] = str(tmp_path / "mypy")
    before = default(service)
    sha = edit(repository, "LICENSE", "MIT", "MIT ", "A space")
    run, comments = pull_request(service, sha, given={})
    assert run.conclusion == "success", run.log
    assert "Tests: none" in run.jobs["tests"].log
    assert "All checks passed!" in run.jobs["tests"].log
    happened("pull request, docs only", "Pull request: Tests (lint), Rehearsal (plan); Comment", before,
             default(service), headline(comments))  # fmt: skip


@pytest.mark.parametrize(
    ("event", "owner", "actor"),
    [
        ("pull request of a fork", "stranger", "stranger"),
        pytest.param("pull request of a fork that was deleted", None, "ghost", marks=pytest.mark.long),
        pytest.param("pull request of dependabot", "owner", "dependabot[bot]", marks=pytest.mark.long),
    ],
)
def test_of_strangers(world, event, owner, actor):  # noqa: F811
    service, repository = world
    before = default(service)
    service.variables = {"DATA": "data/nowhere", "RUNS_ON": "our-own-machine"}
    sha = edit(repository, "uv.lock", "\n", "\n# A line\n", "A comment")
    run, comments = pull_request(service, sha, owner=owner, actor=actor)
    assert run.conclusion == "success", run.log
    assert ("From a fork" in comments[0]) is (owner != "owner")
    happened(event, PASSED, before, default(service), headline(comments))


def test_of_a_new_contributor(world):  # noqa: F811
    service, repository = world
    before = default(service)
    sha = edit(repository, "uv.lock", "\n", "\n# A line\n", "A comment")
    run, comments = pull_request(service, sha, owner="stranger", held_back=True)
    assert run.conclusion == "action_required"
    happened("first pull request of a contributor", "Comment", before, default(service), headline(comments))
    service.let_run(run)
    assert run.conclusion == "success", run.log
    comments = comment_on(service, run, "stranger")
    assert len(comments) == 1
    happened("a maintainer lets it run", PASSED, before, default(service), headline(comments))


def test_with_bad_data_then_mended(world):  # noqa: F811
    service, repository = world
    before = default(service)
    run, comments = pull_request(service, new_data(repository, bad_rows, "Impossible ages"))
    assert run.jobs["rehearsal"].exit_codes["Validate the data"] == 3
    assert run.jobs["rehearsal"].annotations[0].startswith(f"::error file={SAMPLE},line=")
    assert run.conclusion == "failure"
    assert_as_expected("pull-request-rejected-comment.md", comments[0])
    happened("pull request, invalid data", PASSED, before, default(service), headline(comments))
    edit(repository, SAMPLE, "\n400", "\n63", "Mended")
    _, comments = pull_request(service, service.git("rev-parse", "HEAD"))
    assert len(comments) == 1, "it is updated in place"


def test_data_alone(world):  # noqa: F811
    service, repository = world
    before = default(service)
    run, comments = pull_request(service, new_data(repository, lambda rows: rows[:-1], "A row less"))
    assert run.conclusion == "success", run.log
    assert "was retrained on the new data" in comments[0]
    happened("pull request, new data", PASSED, before, default(service), headline(comments))


def test_with_a_broken_component(world):  # noqa: F811
    service, repository = world
    before = default(service)
    sha = edit(repository, TRAINING, "import numpy as np", "import numpy as np\nimport nothing_like_it", "Break it")
    run, comments = pull_request(service, sha)
    assert run.jobs["rehearsal"].exit_codes["Release it in the embedded workspace"] == 5
    assert "nothing_like_it" in run.log
    happened("pull request, broken component", PASSED, before, default(service), headline(comments))


def test_with_a_worse_model(world):  # noqa: F811
    service, repository = world
    before = default(service)
    run, comments = pull_request(service, worse_model(repository))
    assert run.jobs["rehearsal"].exit_codes["Release it in the embedded workspace"] == 4
    assert_as_expected("pull-request-stopped-comment.md", comments[0])
    happened("pull request, worse model", PASSED, before, default(service), headline(comments))


def test_that_changes_who_tells(world):  # noqa: F811
    service, repository = world
    before = default(service)
    report = "run: exec true # no rehearsal"
    sha = edit(repository, ".github/workflows/pull-request.yml", "run: exec make lint", report, "Be green")
    run, comments = pull_request(service, sha, given={"tests": "success", "rehearsal": "success"})
    assert run.conclusion == "success"
    note = "⚠️ This pull request changes `.github/workflows/pull-request.yml`: what follows is told by its own code."
    assert note in comments[0].splitlines()
    happened("pull request, own workflow changed", PASSED, before, default(service), note)


def sent(service, commit_given):
    """The test job of a commit on Azure, as a maintainer starts it."""
    inputs = {"commit": commit_given, "problem": PROBLEM, "variant": "onehot"}
    run = service.run("azure-test-job.yml", "workflow_dispatch", inputs=inputs, commit="HEAD~1")
    assert run.jobs["test"].environment == "azure-test"
    return run


@pytest.mark.long
def test_a_commit_as_a_test_job_on_azure(world):  # noqa: F811
    service, repository = world
    before = default(service)
    run = sent(service, add_onehot(repository))
    assert run.jobs["test"].result == "success", run.log
    happened("a maintainer sends a commit to Azure", "Azure test job", before, default(service), "Test job of onehot")


def test_a_branch_is_no_commit_for_a_test_job(world):  # noqa: F811
    service, repository = world
    before = default(service)
    add_onehot(repository)
    run = sent(service, "main")
    assert run.jobs["test"].result == "failure", run.log
    assert "Validate the data" not in run.jobs["test"].exit_codes
    happened("a branch is given for the commit", "Azure test job fails", before, default(service),
             "It is that commit, and no branch or tag that was given for one: fails")  # fmt: skip
