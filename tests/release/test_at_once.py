"""Two commands at the same time: a job that both want runs once, and neither leaves what the other has removed.

``benchmarks.faults`` runs every pair; here one of them is held back where the two once met.
"""

import json

import pytest
from release_line import asset_of, ended, hangs, until
from small_line import AZURE_NAME, judged_once, released_once  # noqa: F401

from benchmarks.faults.states import look
from tests.small_problem import PROBLEM, TRAINING

pytestmark = pytest.mark.slow
SCORING = f"{PROBLEM}-score"


def held_back(method: str, path: str, seconds: float) -> dict[str, str]:
    """Return the variable that makes the first such request wait before it is carried out."""
    rule = {"match": {"method": method, "path": path}, "answer": "delay", "seconds": seconds, "times": 1}
    return {"AZUREML_EMULATOR_FAULTS": json.dumps([rule])}


def judge(line, names, output: str) -> tuple[str, ...]:
    named = ("--deployment", names["onehot"], "--data-asset", asset_of(line))
    return ("evaluate_candidate", *named, "--output", str(line.folder / output))


@pytest.fixture
def slow(judged, edited):
    """The line, and two commands whose jobs train for a while: a test job, and an invocation of a deployment."""
    line = edited(judged, {TRAINING: ("SECONDS = 0", "SECONDS = 6")})
    name = line.run("deploy_candidate", "--variant", "onehot").result["deployment"]
    asset = ("--data-asset", asset_of(line))
    invoke = ("invoke_deployment", "--deployment", name, *asset, "--download", str(line.folder / "downloaded"))
    return line, {"POST": invoke, "PUT": ("run_pipeline", "--variant", "onehot", *asset)}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/jobs$"), pytest.param("PUT", "/jobs/test-onehot-", marks=pytest.mark.long)]
)
def test_a_job_that_two_commands_want_runs_once(slow, monkeypatch, method, path):
    line, commands = slow
    held = held_back(method, path, 2)
    first = line.start(*commands[method], **held)
    until(lambda: hangs(line, held, monkeypatch), process=first)
    line.process(*commands[method])
    assert ended(first).code == 0
    assert look(line.folder)["jobs at once"] == []


def test_a_promotion_makes_no_scoring_endpoint_after_the_deletion_of_both(judged, names, evidence, monkeypatch):
    held = held_back("GET", f"/models/{PROBLEM}-model", 4)
    promotion = judged.start("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence), **held)
    until(lambda: hangs(judged, held, monkeypatch), process=promotion)
    judged.run("delete_endpoint", "--confirm", PROBLEM, "--scoring")
    done = ended(promotion)
    assert done.code == 0, done.story
    assert [endpoint.name for endpoint in judged.client().batch_endpoints.list()] == []


def test_a_deletion_of_both_waits_for_the_scoring_endpoint_that_is_being_made(judged, names, evidence, monkeypatch):
    held = held_back("PUT", f"batchEndpoints/{SCORING}-[0-9a-f]*$", 3)
    promotion = judged.start("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence), **held)
    until(lambda: hangs(judged, held, monkeypatch), process=promotion)
    deletion = judged.run("delete_endpoint", "--confirm", PROBLEM, "--scoring")
    assert "Waiting for another command that changes endpoint" in deletion.story
    assert ended(promotion).code == 0
    assert [endpoint.name for endpoint in judged.client().batch_endpoints.list()] == []


def test_a_cluster_stays_where_the_endpoint_is_set_up_while_both_are_deleted(judged, names, monkeypatch):
    held = held_back("DELETE", f"batchEndpoints/{SCORING}-[0-9a-f]*$", 5)
    deletion = judged.start("delete_endpoint", "--confirm", PROBLEM, "--scoring", "--compute", **held)
    until(lambda: hangs(judged, held, monkeypatch), process=deletion)
    assert "endpoint" in judged.run("setup_workspace", "--work", str(judged.folder / "anew")).result["created"]
    assert ended(deletion).code == 0
    client = judged.client()
    assert [endpoint.name for endpoint in client.batch_endpoints.list()] == [AZURE_NAME]
    assert [compute.name for compute in client.compute.list()] == ["batch-cluster"]


def test_a_deletion_of_both_that_was_killed_between_them_goes_on(judged, names):
    judged.run("delete_endpoint", "--confirm", PROBLEM)
    again = judged.run("delete_endpoint", "--confirm", PROBLEM, "--scoring")
    assert f"Deleted endpoint {SCORING}" in again.story
    judged.run("delete_endpoint", "--confirm", PROBLEM, "--scoring", code=8)


def test_evidence_about_what_was_deleted_meanwhile_leaves_no_tag(judged, names, monkeypatch):
    held = held_back("PUT", "/lock$", 4)
    evaluation = judged.start(*judge(judged, names, "late"), **held)
    until(lambda: hangs(judged, held, monkeypatch), process=evaluation)
    assert judged.run("retire_deployments", "--keep", "0", "--yes").result["deleted"] == [names["onehot"]]
    done = ended(evaluation)
    assert done.code == 8
    assert f"has no deployment {names['onehot']}" in done.story
    tags = judged.client().batch_endpoints.get(AZURE_NAME).tags
    assert f"evidence.{names['onehot']}" not in tags
