"""Roll-back, retirement, deletion, plan, status and history of an endpoint."""

import json

import pytest
from release_line import AZURE_NAME, CLEVELAND, ENDPOINT, ROOT, SCORING, asset_of

from scripts.lib.repository import files

pytestmark = pytest.mark.slow


@pytest.fixture
def both(released_once) -> tuple[str, str]:
    """Names of the previous and the present default."""
    ordinal, onehot = json.loads((released_once.folder / "result.json").read_text())["variants"]
    return ordinal["deployment"], onehot["deployment"]


def test_roll_back_returns_after_a_trial_and_is_remembered(released, both):
    previous, default = both
    done = released.run("rollback_default")
    assert done.result["default"] == previous
    assert done.result["previous"] == default
    assert f"trial of {previous} runs as job" in done.story
    assert released.default() == previous
    assert released.history()[-1]["action"] == "rolled back"


def test_roll_back_refuses_a_deployment_that_is_gone(released, both):
    previous, default = both
    released.client().batch_deployments.begin_delete(name=previous, endpoint_name=AZURE_NAME).result()
    assert (
        f"has no deployment {previous}; its deployments are: {default}"
        in released.run("rollback_default", code=8).story
    )
    assert released.default() == default


def test_roll_back_refuses_when_nothing_is_recorded(judged, names):
    assert "records no previous default" in judged.run("rollback_default", code=2).story
    assert judged.default() == names["ordinal"]


def test_roll_back_that_does_not_take_is_a_conflict(released, both):
    ignored = [{"match": {"method": "PUT", "path": f"batchEndpoints/{AZURE_NAME}$"}, "answer": "ignore"}]
    done = released.run("rollback_default", code=7, AZUREML_EMULATOR_FAULTS=json.dumps(ignored))
    assert "said yes to" in done.story
    assert released.default() == both[1]


def test_retire_keeps_default_and_previous(released, both):
    done = released.run("retire_deployments", "--keep", "0", "--yes").result
    assert done == {"deleted": [], "would_delete": [], "kept": [both[1], both[0]]}


def test_retire_says_first_and_deletes_on_yes(judged, names, tmp_path):
    dry = judged.run("retire_deployments", "--keep", "0")
    assert dry.result == {"deleted": [], "would_delete": [names["onehot"]], "kept": [names["ordinal"]]}
    assert "Dry run: nothing was deleted" in dry.story
    assert judged.deployments() == set(names.values())
    assert judged.run("retire_deployments", "--keep", "1", "--yes").result["deleted"] == []
    summary = tmp_path / "summary.md"
    done = judged.run("retire_deployments", "--keep", "0", "--yes", GITHUB_STEP_SUMMARY=str(summary)).result
    assert done["deleted"] == [names["onehot"]]
    assert f"| `{names['onehot']}` | Deleted |" in summary.read_text()
    assert judged.deployments() == {names["ordinal"]}
    tags = judged.client().batch_endpoints.get(AZURE_NAME).tags
    assert f"evidence.{names['onehot']}" not in tags
    assert judged.run("retire_deployments", "--keep", "0", "--yes").result["deleted"] == []


def test_retire_keeps_a_deployment_with_a_running_job(judged, names):
    from scripts.lib.line.retirement import plan_retirement, retire
    from scripts.lib.workspace import invocation

    connection = judged.connection()
    name, version = asset_of(judged).split(":")
    inputs = invocation.data_inputs(ENDPOINT, name, version, "uri_folder")
    while True:  # with its steps reused a job ends soon, perhaps before it is looked at
        job = invocation.invoke_or_join(connection.client, ENDPOINT, names["onehot"], inputs)
        fates = {fate.deployment: fate for fate in plan_retirement(connection.client, ENDPOINT, 0)}
        if fates[names["onehot"]].decision == "keep":
            break
    assert fates[names["onehot"]].reason == f"its job {job} is running"
    assert retire(connection, ENDPOINT, list(fates.values())) == []


def test_retire_refuses_what_became_the_default_meanwhile(judged, names, evidence):
    from scripts.lib.errors import Conflict
    from scripts.lib.line.retirement import plan_retirement, retire

    fates = plan_retirement(judged.client(), ENDPOINT, 0)
    assert [fate.decision for fate in fates] == ["delete", "keep"]
    judged.run("promote_deployment", "--deployment", names["onehot"], "--evidence", str(evidence))
    with pytest.raises(Conflict, match="has become the default"):
        retire(judged.connection(), ENDPOINT, fates)
    assert judged.deployments() == set(names.values())


def test_delete_endpoint_wants_its_name_twice(released, both):
    refused = released.run("delete_endpoint", "--confirm", "heart", code=2)
    assert "'heart' is not the endpoint's name" in refused.story
    assert released.deployments() == set(both)
    shared = released.run("delete_endpoint", "--confirm", ENDPOINT, "--compute", code=7).story
    assert "The cluster batch-cluster is not deleted, nor is anything" in shared
    done = released.run("delete_endpoint", "--confirm", ENDPOINT, "--scoring", "--compute").result
    assert "has no endpoint" in released.run("show_status", "--problem", SCORING, code=8).story
    assert set(done["deployments"]) == set(both)
    assert done["compute"] == "batch-cluster"
    assert "has no endpoint" in released.run("show_status", code=8).story
    assert released.history()[-1] | {"at": "", "commit": "", "token": ""} == {
        "action": "deleted",
        "default": "none",
        "previous": both[1],
        "at": "",
        "commit": "",
        "token": "",
    }
    assert "has no endpoint" in released.run("delete_endpoint", "--confirm", ENDPOINT, code=8).story
    assert set(released.run("plan_release").result["variants"]) == {"onehot", "ordinal"}


def changes(line, *arguments):
    return [
        (change["action"], change["kind"], change["variant"])
        for change in line.run("plan_release", *arguments).result["changes"]
        if change["kind"] in ("deployment", "default")
    ]


def test_plan_has_no_changes_after_a_release(released, tmp_path):
    summary = tmp_path / "summary.md"
    plan = released.run("plan_release", GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(tmp_path / "output"))
    assert (plan.result["variants"], plan.result["any"]) == ([], False)
    assert "Changes no deployment" in summary.read_text()
    assert "variants=[]\nany=false\n" in (tmp_path / "output").read_text()


def test_plan_names_new_content_and_the_default_it_contests(released, both, monkeypatch):
    read = files.read_yaml

    def edited(path):
        content = read(path)
        if path.parts[-2:] == ("onehot", "pipeline.yml"):
            content["jobs"]["train_job"]["inputs"]["eval_size"] = 0.25
        return content

    monkeypatch.setattr("scripts.lib.repository.compilation.read_yaml", edited)
    assert changes(released, "--variant", "onehot") == [
        ("create", "deployment", "onehot"),
        ("evaluate", "default", "onehot"),
    ]
    assert f"it contests the default {both[1]}" in released.run("plan_release").story
    assert released.run("plan_release").result["variants"] == ["onehot"]


def test_plan_judges_again_what_passed_and_was_not_promoted(judged):
    assert changes(judged) == [
        ("keep", "deployment", "onehot"),
        ("evaluate", "default", "onehot"),
        ("keep", "deployment", "ordinal"),
    ]


def test_plan_does_not_judge_again_what_was_the_default(released):
    assert changes(released) == [("keep", "deployment", "onehot"), ("keep", "deployment", "ordinal")]


def test_plan_of_an_empty_workspace_is_everything(released, tmp_path):
    empty = type(released)(tmp_path / "empty")
    plan = empty.run("plan_release").result
    assert {change["action"] for change in plan["changes"]} == {"create", "evaluate"}
    assert {"environment", "compute", "endpoint", "component", "deployment", "default"} == {
        change["kind"] for change in plan["changes"]
    }
    assert plan["variants"] == ["onehot", "ordinal"]


def test_status_tells_roles_jobs_and_metrics(released, both, tmp_path):
    previous, default = both
    summary = tmp_path / "summary.md"
    status = released.run("show_status", GITHUB_STEP_SUMMARY=str(summary))
    rows = {row["deployment"]: row for row in status.result["deployments"]}
    assert (rows[default]["role"], rows[previous]["role"]) == ("default", "previous")
    assert rows[default]["last_job_status"] == "Completed"
    assert rows[default]["verdict"] == "pass"
    assert rows[default]["metrics"]["roc_auc"] > 0.85
    assert rows[default]["age_hours"] < 2
    assert f"| {default} | default |" in summary.read_text()
    assert status.story.splitlines()[1].split()[:4] == ["deployment", "role", "age", "gate"]


def test_history_is_newest_first_and_knows_the_evidence(released, both):
    shown = released.run("show_history")
    first, second = shown.result["history"]
    assert (first["default"], second["default"], second["previous"]) == (*both, both[0])
    table = [line.split() for line in shown.story.splitlines()[2:]]
    assert [row[2] for row in table] == [both[1], both[0]]


def test_history_of_an_endpoint_that_never_was(released):
    assert (
        "There is no endpoints/nobody/endpoint.yml" in released.run("show_history", "--problem", "nobody", code=8).story
    )


def test_an_endpoint_that_the_repository_does_not_describe(released):
    done = released.run(
        "setup_workspace",
        "--problem",
        "nobody",
        "--data",
        str(CLEVELAND),
        "--work",
        str(released.folder / "w"),
        code=8,
    )
    listed = ", ".join(sorted(path.parent.name for path in (ROOT / "endpoints").glob("*/endpoint.yml")))
    assert f"There is no endpoints/nobody/endpoint.yml; the endpoints are: {listed}." in done.story
