"""The workflow files, run from a push to a default deployment, on a repository like this one."""

import json
import os

import pytest
from scenario import (
    add_onehot,
    assert_as_expected,
    built_once,
    commit,
    copy_of,
    edit,
    endpoint,
    project,
    pull_request,
    service_in,
)

pytestmark = pytest.mark.slow
BOOSTING = "components/train_xgb/boosting.py"


def worse_model(repository):
    return edit(repository, BOOSTING, "SMALL_ROUNDS = 100", "SMALL_ROUNDS = 1", "Train in a hundredth of the time")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Folder that the test processes of this session share."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "scenarios"


@pytest.fixture(scope="module")
def released(shared):
    """A world in which ``ordinal`` was released by a push to main."""

    def build(folder):
        project(folder / "project")
        run = service_in(folder / "github", folder / "project").run("release.yml", "push")
        assert run.conclusion == "success", run.log
        (folder / "results.json").write_text(json.dumps({path: job.result for path, job in run.jobs.items()}))

    return built_once(shared, "released", build)


def test_the_first_push_goes_green_end_to_end(released, tmp_path):
    results = json.loads((released / "results.json").read_text())
    stages = ["test", "deploy", "gate", "promote", "retire"]
    expected = ["plan", "data", *(f"variant[ordinal]/{stage}" for stage in stages), "report", "all-green"]
    assert results == dict.fromkeys(expected, "success")
    service, _ = copy_of(released, tmp_path / "world")
    assert endpoint(service)["default"].startswith("ordinal-")


def test_a_push_that_changes_nothing_releases_nothing(released, tmp_path):
    service, _ = copy_of(released, tmp_path / "world")
    run = service.run("release.yml", "push")
    assert run.conclusion == "success", run.log
    assert {path for path, job in run.jobs.items() if job.result == "skipped"} == {"data", "variant"}


def test_a_merge_that_fails_in_the_middle_is_run_again_from_there(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    before = endpoint(service)["default"]
    add_onehot(repository)
    service.lost = {"variant[onehot]/promote"}
    first = service.run("release.yml", "push")
    assert first.jobs["variant[onehot]/promote"].result == "failure"
    assert first.jobs["variant[onehot]/retire"].result == "skipped"
    assert first.jobs["all-green"].result == "failure"
    second = service.rerun_failed(first)
    assert second.conclusion == "success", second.log
    assert second.jobs["variant[onehot]/gate"].attempt == 1
    assert second.jobs["variant[onehot]/promote"].attempt == 2
    assert second.jobs["variant[onehot]/promote"].environment == "production"
    after = endpoint(service)
    assert after["default"].startswith("onehot-")
    assert after["previous"] == before


@pytest.fixture(scope="module")
def stopped(released, shared):
    """A world in which the gate stopped a merge, and what its run said."""

    def build(folder):
        service, repository = copy_of(released, folder)
        before = endpoint(service)["default"]
        worse_model(repository)
        run = service.run("release.yml", "push")
        story = {
            "before": before,
            "run": run.github["run_id"],
            "results": {path: job.result for path, job in run.jobs.items()},
            "exit_codes": run.jobs["variant[ordinal]/gate"].exit_codes,
            "candidate": run.jobs["variant[ordinal]/deploy"].outputs["deployment"],
            "summary": run.summary,
        }
        (folder / "story.json").write_text(json.dumps(story))

    folder = built_once(shared, "stopped", build)
    return folder, json.loads((folder / "story.json").read_text())


def test_the_gate_stops_a_merge(stopped, tmp_path):
    folder, story = stopped
    service, _ = copy_of(folder, tmp_path / "world")
    assert story["exit_codes"]["Evaluate the candidate against the default"] == 4
    failed = {path for path, result in story["results"].items() if result == "failure"}
    assert failed == {"variant[ordinal]/gate", "all-green"}
    assert story["results"]["variant[ordinal]/promote"] == "skipped"
    status = endpoint(service)
    assert status["default"] == story["before"]
    assert story["candidate"] in {deployment["deployment"] for deployment in status["deployments"]}
    assert (service.artifacts(int(story["run"])) / f"evidence-{story['candidate']}/evidence.json").exists()
    assert_as_expected("release-stopped-summary.md", story["summary"])


def test_promotion_by_hand_roll_back_and_clean_up(stopped, tmp_path):
    folder, story = stopped
    service, _ = copy_of(folder, tmp_path / "world")

    def by_hand(workflow, **inputs):
        return service.run(workflow, "workflow_dispatch", inputs={k.replace("_", "-"): v for k, v in inputs.items()})

    candidate = {"deployment": story["candidate"], "evidence_run": story["run"]}
    refused = by_hand("promote.yml", action="promote", **candidate)
    assert refused.jobs["promote"].exit_codes["Promote with evidence"] == 6
    assert by_hand("promote.yml", action="promote by force", **candidate).conclusion == "failure"
    assert endpoint(service)["default"] == story["before"]

    forced = by_hand("promote.yml", action="promote by force", reason="Wanted for a demonstration", **candidate)
    assert forced.conclusion == "success", forced.log
    assert forced.jobs["promote"].environment == "production"
    assert "Wanted for a demonstration" in forced.summary
    assert endpoint(service)["default"] == story["candidate"]

    back = by_hand("promote.yml", action="roll back")
    assert back.conclusion == "success", back.log
    assert endpoint(service)["default"] == story["before"]

    report = service.run("cleanup.yml", "schedule")
    assert report.conclusion == "success", report.log
    assert f"`{story['candidate']}`" in report.summary
    assert len(endpoint(service)["deployments"]) == 2
    wrong = by_hand("cleanup.yml", action="delete endpoint", confirm="uci-classifier")
    assert wrong.jobs["cleanup"].result == "failure"
    gone = by_hand("cleanup.yml", action="delete endpoint", confirm="uci-classifier-train")
    assert gone.conclusion == "success", gone.log
    assert gone.jobs["cleanup"].environment == "production"


def test_retraining_keeps_the_outputs_of_the_default(released, tmp_path):
    service, _ = copy_of(released, tmp_path / "world")
    before = endpoint(service)["default"]
    run = service.run("retrain.yml", "schedule")
    assert run.conclusion == "success", run.log
    kept = service.artifacts(int(run.github["run_id"])) / "retrain"
    assert list(kept.rglob("metrics.json"))
    assert list(kept.rglob("MLmodel"))
    assert endpoint(service)["default"] == before


def test_a_pull_request_that_is_fine(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    before = endpoint(service)["default"]
    run, comments = pull_request(service, add_onehot(repository))
    assert run.conclusion == "success", run.log
    assert_as_expected("pull-request-pass-summary.md", run.summary)
    kept = service.artifacts(int(run.github["run_id"]))
    assert list(kept.glob("rehearsal-onehot/**/evidence.json"))
    assert list(kept.glob("rehearsal-onehot/**/data_docs/index.html"))
    assert list(kept.glob("rehearsed-workspace-onehot/**/MLmodel"))
    assert len(comments) == 1
    assert_as_expected("pull-request-pass-comment.md", comments[0])
    assert endpoint(service)["default"] == before


def test_a_pull_request_with_bad_data_then_mended(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    sample = next(repository.glob("data/sample/*.csv"))
    lines = sample.read_text().splitlines()
    sample.write_text("\n".join([lines[0], *("400" + line[2:] for line in lines[1:])]) + "\n")

    run, comments = pull_request(service, commit(repository, "New data"))
    assert run.jobs["data"].exit_codes["Validate the data"] == 3
    assert run.jobs["rehearse"].result == "skipped"
    assert run.conclusion == "failure"
    assert_as_expected("pull-request-rejected-summary.md", run.summary)
    assert_as_expected("pull-request-rejected-comment.md", comments[0])

    sample.write_text("\n".join(lines) + "\n")
    mended, comments = pull_request(service, commit(repository, "The data as it was"))
    assert mended.conclusion == "success", mended.log
    assert len(comments) == 1
    assert "A merge would release this" in comments[0]


def test_a_pull_request_with_a_broken_component(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    sha = edit(repository, BOOSTING, "import numpy as np", "import numpy as np\nimport nothing_like_it", "Break it")
    run, comments = pull_request(service, sha)
    assert list(run.jobs["rehearse[ordinal]"].exit_codes.values())[-1] == 5
    assert "nothing_like_it" in run.log
    assert "Not ready to merge" in comments[0]


def test_a_pull_request_whose_model_is_worse(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    run, comments = pull_request(service, worse_model(repository))
    assert list(run.jobs["rehearse[ordinal]"].exit_codes.values())[-1] == 4
    assert_as_expected("pull-request-stopped-summary.md", run.summary)
    assert_as_expected("pull-request-stopped-comment.md", comments[0])


def test_a_commit_of_a_pull_request_as_a_test_job_behind_its_reviewers(released, tmp_path):
    service, repository = copy_of(released, tmp_path / "world")
    sha = add_onehot(repository)
    inputs = {"commit": sha, "variant": "onehot"}
    run = service.run("azure-test-job.yml", "workflow_dispatch", inputs=inputs, commit="HEAD~1")
    assert run.conclusion == "success", run.log
    assert run.jobs["test"].environment == "azure-test"
    assert "Test job of onehot" in run.summary
