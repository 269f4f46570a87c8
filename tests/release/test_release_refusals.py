"""Where the line stops: the gate's no, rejected data, a broken step, a signal; the default stays, nothing runs on."""

import json
import os
import signal

import pytest
from release_line import asset_of, ended, read_until, until
from small_line import TABLE, released_once  # noqa: F401

from scripts.lib.workspace.job_status import TERMINAL
from tests.small_problem import PROBLEM, TRAINING

pytestmark = pytest.mark.slow
PREPARE = "components/prepare/prepare.py"
# Rows come in an order that has nothing to do with the target, so these labels are as good as random.
WRONG_LABELS = {TRAINING: ("rows.target[chosen]", "rows.target[chosen][::-1]")}
ENDLESS = {TRAINING: ("SECONDS = 0", "SECONDS = 600")}
ONEHOT = ("--variant", "onehot")


def broken(condition):
    error = f"    if {condition}:\n        raise RuntimeError('this step is broken')\n"
    return {PREPARE: ("    parser = argparse", error + "    parser = argparse")}


def release(line, *arguments):
    return ("release_variants", *arguments, "--output", str(line.folder / "out2"))


def test_a_worse_candidate_is_refused_and_kept(released, edited):
    before = released.default()
    worse = edited(released, WRONG_LABELS)
    done = worse.process(*release(worse, *ONEHOT, "--delete-previous"), code=4)
    (variant,) = done.result["variants"]
    assert variant["verdict"] == "fail"
    assert variant["promoted"] is False
    assert variant["champion"] == before
    assert variant["candidate_metrics"]["roc_auc"] < 0.7
    assert f"NOT promoted: {variant['deployment']}" in done.story
    assert f"Error: The gate said no; the default is {before}." in done.story
    status = released.run("show_status").result
    assert status["default"] == done.result["default"] == before
    roles = {row["deployment"]: (row["role"], row["verdict"]) for row in status["deployments"]}
    assert roles[variant["deployment"]] == ("candidate", "fail")
    assert len(released.history()) == 2
    refused = ("promote_deployment", "--deployment", variant["deployment"], "--evidence", variant["evidence"])
    assert "[failed]" in released.run(*refused, code=6).story
    assert worse.process("plan_release").result["variants"] == ["ordinal"]  # whose code changed too; onehot was judged


def test_rejected_data_trains_nothing(small_line, tmp_path):
    line, rows = small_line, TABLE.read_text().splitlines()
    (tmp_path / "rejected.csv").write_text("\n".join([rows[0], *("400" + row[2:] for row in rows[1:])]) + "\n")
    options = ("--data", str(tmp_path / "rejected.csv"), "--output", str(tmp_path / "out"))
    done = line.run("release_variants", *ONEHOT, *options, code=3)
    assert done.result is None
    assert "rejected.csv" in done.story
    assert "stopped: failed" in done.story
    assert line.run("show_status", code=8).result is None
    assert list(line.client().jobs.list()) == []


def test_a_broken_step_ends_with_its_log(released, edited):
    before = released.run("show_status").result
    line = edited(released, broken("True"))
    done = line.process(*release(line, *ONEHOT), code=5)
    assert done.result is None
    assert "Step prepare_job failed; the end of its log:" in done.story
    assert "  | RuntimeError: this step is broken" in done.story
    assert "stopped: failed" in done.story
    after = released.run("show_status").result
    assert [row["deployment"] for row in after["deployments"]] == [row["deployment"] for row in before["deployments"]]
    assert after["default"] == before["default"]


def test_nothing_is_deployed_before_the_pipelines_of_all_variants_ran(released, edited):
    before = released.run("show_status").result
    line = edited(released, broken("'onehot' in __import__('sys').argv"))
    done = line.process(*release(line, "--variant", "ordinal", *ONEHOT), code=5)
    assert "Step prepare_job failed; the end of its log:" in done.story
    assert "Deploy " not in done.story
    after = released.run("show_status").result
    assert [row["deployment"] for row in after["deployments"]] == [row["deployment"] for row in before["deployments"]]
    assert after["default"] == before["default"]
    assert set(statuses(line, [job.name for job in line.client().jobs.list()])) <= set(TERMINAL)


def test_a_variant_whose_model_cannot_be_loaded_keeps_no_other_from_its_release(small_line, edited):
    no_model = "        if 'colour_blue' in self.feature_names:\n            return path.write_bytes(b'no model')\n"
    line = edited(small_line, {TRAINING: ("        path.write_bytes(", no_model + "        path.write_bytes(")})
    done = line.process(*release(line), code=4)
    assert "Invoke and score ordinal and onehot side by side" in done.story
    promoted = {one["variant"]: one["promoted"] for one in done.result["variants"]}
    assert promoted == {"ordinal": True, "onehot": False}
    (refused,) = [one["sentence"] for one in done.result["variants"] if not one["promoted"]]
    assert "[model-not-loadable]" in refused
    jobs = [job.experiment_name for job in line.client().jobs.list()]
    # The pipeline of each variant was tested once, and its deployment invoked on two folds and on all rows.
    assert sum(name.startswith(f"{PROBLEM}-") for name in jobs) == 2 * (1 + 2 + 1)


def statuses(line, jobs):
    client = line.client()
    return {client.jobs.get(job).status for job in jobs}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_cancels_the_test_job(released, edited, number, code):
    endless = edited(released, ENDLESS)
    stream = ("--stream",) if number == signal.SIGINT else ()
    process = endless.start(*release(endless, *ONEHOT, *stream))
    told = read_until(process, "as job")
    job = told.split()[-1]
    until(lambda: any(child.status == "Running" for child in endless.client().jobs.list(parent_job_name=job)))
    os.kill(process.pid, number)
    done = ended(process)
    assert done.code == code, done.story
    assert done.result is None
    assert f"Stopped by {signal.Signals(number).name}: canceling job {job}" in done.story
    assert "stopped: interrupted" in done.story
    until(lambda: statuses(endless, [job]) == {"Canceled"}, 20)


def test_a_story_that_nobody_reads_cancels_the_test_job(released, edited):
    endless = edited(released, ENDLESS)
    process = endless.start(*release(endless, *ONEHOT))
    job = read_until(process, "as job").split()[-1]
    process.stderr.close()
    assert process.wait(60) == 141
    until(lambda: statuses(endless, [job]) == {"Canceled"}, 20)


def test_a_signal_cancels_every_job_of_an_evaluation(released, edited, tmp_path):
    endless = edited(released, ENDLESS)
    name = endless.process("deploy_candidate", *ONEHOT).result["deployment"]
    options = ("--data-asset", asset_of(released), "--output", str(tmp_path / "evidence"))
    process = endless.start("evaluate_candidate", "--deployment", name, *options)
    jobs = read_until(process, "as jobs ").strip().rpartition("as jobs ")[2].split(", ")
    until(lambda: "Running" in statuses(endless, jobs), 60)
    os.kill(process.pid, signal.SIGTERM)
    done = ended(process)
    assert done.code == 143, done.story
    assert all(f"canceling job {job}" in done.story for job in jobs)
    until(lambda: statuses(endless, jobs[:1]) == {"Canceled"}, 20)
    assert not (tmp_path / "evidence" / "evidence.json").exists()


def test_a_third_variant_is_one_folder_and_two_deployments(released, edited):
    line = edited(released, {})
    pipelines, endpoint = line.repository / "pipelines" / PROBLEM, line.repository / "endpoints" / PROBLEM
    (pipelines / "third").mkdir()
    for name in ("pipeline.yml", "score.yml", "job.yml"):
        (pipelines / "third" / name).write_text((pipelines / "onehot" / name).read_text())
    third = pipelines / "third" / "pipeline.yml"
    third.write_text(third.read_text().replace("eval_size: 0.3", "eval_size: 0.2"))
    deployment = (endpoint / "deployments" / "onehot.yml").read_text().replace("onehot", "third")
    (endpoint / "deployments" / "third.yml").write_text(deployment)
    plan = line.process("plan_release").result
    assert plan["variants"] == ["third"]
    made = line.process("deploy_candidate", "--variant", "third").result
    assert made["deployment"] in json.dumps(plan)
    assert made["created"] is True
