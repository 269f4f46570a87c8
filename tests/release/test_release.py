"""The whole line on the real data: figures one can believe, the default before and after, repeatable, step by step."""

import json

import pytest
from release_line import AZURE_NAME, CLEVELAND, ENDPOINT, Line, asset_of

pytestmark = pytest.mark.slow
VARIANTS = ("--variant", "ordinal", "--variant", "onehot", "--data", str(CLEVELAND))


@pytest.fixture(scope="session")
def result(released_once) -> dict:
    return json.loads((released_once / "result.json").read_text())


def test_metrics_are_believable(result):
    for variant in result["variants"]:
        metrics = variant["candidate_metrics"]
        assert 0.88 < metrics["roc_auc"] < 0.94
        assert 0.78 < metrics["accuracy"] < 0.88
        assert 0.10 < metrics["brier"] < 0.14
        assert variant["rules"][0]["number"] == 303


def test_the_default_goes_from_none_to_ordinal_to_onehot(result):
    ordinal, onehot = result["variants"]
    assert [ordinal["champion"], onehot["champion"]] == ["", ordinal["deployment"]]
    assert ordinal["promoted"] is onehot["promoted"] is True
    assert result["default"] == onehot["deployment"]
    assert result["deleted"] == []
    assert onehot["champion_metrics"] == ordinal["candidate_metrics"]


def test_the_story_ends_in_plain_words(released_once, result):
    story = (released_once / "story.txt").read_text()
    lines = story.splitlines()
    assert lines[0] == f"Workspace: embedded, its state in {released_once / 'state'}"
    ordinal, onehot = (variant["deployment"] for variant in result["variants"])
    assert f"\n{onehot} is the default, instead of {ordinal}, which was promoted first: ROC AUC 0." in story
    folder = released_once / "out"
    after = story.split("What lies where\n")[1]
    for name in ("report.html", "model", "transformations", "card.md"):
        assert str(folder / name) in after
        assert (folder / name).exists()
    assert lines[-2] == "  Show the endpoint as a page"
    assert "303 rows (UCI heart disease, Cleveland: real patients)" in story
    assert "default: none → ordinal-" in story


def test_github_gets_outputs_and_a_summary(released_once, result):
    outputs = (released_once / "output").read_text()
    assert f"default={result['default']}\n" in outputs
    summary = (released_once / "summary.md").read_text()
    assert f"Gate for `{result['default']}`" in summary
    assert "| Validate the data |" in summary


def test_a_second_release_changes_nothing(released, result):
    history = released.history()
    again = released.run("release_variants", *VARIANTS[2:], "--output", str(released.folder / "out2"))
    assert again.result["default"] == result["default"]
    assert again.result["deleted"] == []
    assert "nothing to change" in again.story
    assert "is the default already" in again.story
    assert released.history() == history


def test_releasing_the_older_variant_again_gives_the_same_figures(released, result):
    options = ("--variant", "ordinal", "--data", str(CLEVELAND), "--output", str(released.folder / "out2"))
    again = released.run("release_variants", *options, "--delete-previous").result
    ordinal, onehot = result["variants"]
    (judged,) = again["variants"]
    assert judged["deployment"] == ordinal["deployment"]
    assert judged["candidate_metrics"] == ordinal["candidate_metrics"]
    assert judged["champion_metrics"] == onehot["candidate_metrics"]
    assert again["default"] == ordinal["deployment"]
    assert again["deleted"] == [onehot["deployment"]]
    assert released.deployments() == {ordinal["deployment"]}


def test_each_stage_alone_in_the_order_of_the_workflows(released, tmp_path):
    """The commands of release.yml, with their options; the trained steps are reused."""
    line, asset = released, asset_of(released)
    line.run("delete_endpoint", "--problem", ENDPOINT, "--confirm", ENDPOINT)
    validation = line.run("validate_data", "--data", str(CLEVELAND), "--output", str(tmp_path / "validation")).result
    assert validation["accepted"] is True
    setup = ("setup_workspace", "--data", str(CLEVELAND), "--problem", ENDPOINT, "--work", str(tmp_path / "data"))
    made = line.run(*setup).result
    assert (made["data_asset"], made["created"]) == (asset, ["endpoint"])
    assert line.run(*setup).result["created"] == []
    assert set(line.run("plan_release", "--problem", ENDPOINT).result["variants"]) == {"ordinal", "onehot"}
    default = ""
    for variant in ("ordinal", "onehot"):
        default = release_by_hand(line, variant, asset, default, tmp_path / variant)
    plan = line.run("plan_release", "--problem", ENDPOINT, "--data", str(CLEVELAND))
    assert plan.result["variants"] == []
    assert "No changes." in plan.story


def release_by_hand(line: Line, variant: str, asset: str, before: str, folder) -> str:
    test = line.run("run_pipeline", "--variant", variant, "--data-asset", asset)
    assert test.result["job"] in test.story
    deploy = ("deploy_candidate", "--problem", ENDPOINT, "--variant", variant)
    first = line.run(*deploy).result
    assert first["created"] is True
    assert line.run(*deploy).result == {**first, "created": False}
    assert line.default() == before
    name, evidence = first["deployment"], folder / "evidence.json"
    target = ("--problem", ENDPOINT, "--deployment", name)
    judged = line.run("evaluate_candidate", *target, "--data-asset", asset, "--output", str(folder))
    assert judged.result["verdict"] == "pass"
    assert judged.result["champion"] == before
    assert line.default() == before
    assert line.run("promote_deployment", *target, "--evidence", str(evidence)).result["previous"] == (before or None)
    assert line.default() == name
    kept = line.run("retire_deployments", "--problem", ENDPOINT, "--keep", "2", "--yes").result
    assert kept["deleted"] == []
    already = line.run("evaluate_candidate", *target, "--data-asset", asset, "--output", str(folder), code=2)
    assert "is the default" in already.story
    return name


def test_invoke_the_default_and_fetch_named_outputs(released, result, tmp_path):
    options = ("--data-asset", asset_of(released), "--download", str(tmp_path), "--output", "evaluation_results")
    done = released.run("invoke_deployment", *options).result
    assert done["deployment"] == result["default"]
    assert {step["step"]: step["reused"] for step in done["steps"]} == {"prepare_job": True, "train_job": True}
    metrics = json.loads((tmp_path / "evaluation_results" / "metrics.json").read_text())["metrics"]
    evidence = json.loads((released.folder / "out" / "onehot" / "evidence.json").read_text())
    assert metrics["roc_auc"] == evidence["candidate"]["reported"]["roc_auc"]
    assert not (tmp_path / "model").exists()


def test_invoke_a_named_deployment_with_the_inputs_file(released, result, tmp_path):
    name = result["variants"][0]["deployment"]
    done = released.run("invoke_deployment", "--deployment", name, "--download", str(tmp_path)).result
    assert set(done["outputs"]) == {"model", "evaluation_results", "prepare_transformations"}
    assert (tmp_path / "model" / "MLmodel").exists()


def test_the_default_is_invoked_after_another_deployment_was(released, result):
    asset = ("--data-asset", asset_of(released))
    ordinal, onehot = (variant["deployment"] for variant in result["variants"])
    jobs = [
        released.run("invoke_deployment", *asset, *named).result["job"] for named in (("--deployment", ordinal), ())
    ]
    operations = released.client().batch_deployments
    assert jobs[0] in {job.name for job in operations.list_jobs(endpoint_name=AZURE_NAME, name=ordinal)}
    assert jobs[1] in {job.name for job in operations.list_jobs(endpoint_name=AZURE_NAME, name=onehot)}


def test_invoke_refuses_what_is_not_there(released, tmp_path):
    asset = asset_of(released)
    unknown = released.run("invoke_deployment", "--data-asset", asset, "--deployment", "no-such", code=8)
    assert "has no deployment no-such; its deployments are: onehot-" in unknown.story
    options = ("--data-asset", asset, "--download", str(tmp_path), "--output", "weights")
    missing = released.run("invoke_deployment", *options, code=5)
    assert "has no output weights; its outputs are: default, evaluation_results, model" in missing.story
    neither = released.run("invoke_deployment", "--data-asset", "heart-disease-train:0", code=8)
    assert neither.story.count("heart-disease-train") == 1
    assert neither.result is None
